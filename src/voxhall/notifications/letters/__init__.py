"""Notifications by mail, where the server sends any: to confirmed addresses, each once, each with a way to end it."""
