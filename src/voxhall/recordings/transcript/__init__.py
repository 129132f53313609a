"""Who said what, and when: written by the worker while the space is live, read in four formats."""
