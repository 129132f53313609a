"""People: sign-up, sign-in, tokens, profile. Who someone is in a request is told by `identity`."""
