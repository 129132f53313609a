"""Signing in with what another server says of somebody: OpenID Connect, with the providers that the operator names."""
