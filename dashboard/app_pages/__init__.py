"""One file a page: widgets and calls, no arithmetic, no reshaping."""
