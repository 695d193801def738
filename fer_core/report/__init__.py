"""The written report: runs and a template to a document with its figures, tables and numbers."""
