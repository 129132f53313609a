"""One line of history: each file names the one before it."""
