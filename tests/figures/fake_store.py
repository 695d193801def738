"""The part of the run store that figures read, in memory, with plausible runs."""
