"""The history of the tables: one revision after another, each written by hand and never changed after a release."""
