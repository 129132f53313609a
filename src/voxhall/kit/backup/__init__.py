"""Backup and restore of a whole installation: one tar file with a database export, every file, and a manifest.

`database.py` exports and imports the database, `contents.py` says which files belong to an installation and how much of
a growing one is whole, `archive.py` writes, checks and unpacks the tar file, `swap.py` puts the unpacked in place.
Nothing here knows the product: what lies in the data folder is kept.
"""
