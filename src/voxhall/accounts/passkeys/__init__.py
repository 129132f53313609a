"""Passkeys: signing in with what a device or a key holds (WebAuthn), without a password."""
