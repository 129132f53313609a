"""The heart: spaces, who is in them, and who may do what."""
