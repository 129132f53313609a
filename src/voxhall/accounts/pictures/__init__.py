"""Faces: a picture of somebody, made anew from what they sent, served for good under an address of its own."""
