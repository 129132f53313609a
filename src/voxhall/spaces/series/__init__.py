"""Spaces that come again and again: a rule, and the next of them, each a space of its own."""
