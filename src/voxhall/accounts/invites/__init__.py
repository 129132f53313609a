"""Invitations to the platform: codes in links, the tree of who invited whom, and the waiting list."""
