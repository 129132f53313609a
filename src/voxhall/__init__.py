"""Live audio spaces on your own server."""

__version__ = "0.1.0"
