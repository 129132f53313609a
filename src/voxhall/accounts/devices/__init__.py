"""Where an account is signed in, and signing out from afar."""
