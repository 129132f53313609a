"""What of a space leaves this server for other sites."""
