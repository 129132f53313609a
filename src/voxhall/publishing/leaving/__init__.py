"""Taking everything along, and going: the archive of an account, and its end."""
