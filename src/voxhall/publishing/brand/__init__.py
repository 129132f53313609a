"""What an operator gives a server as its own, in one place: its name, its accent and its mark."""
