"""The only place that draws lots: ids, secrets, and the hash under which a secret is kept.

An id says what it names by its prefix (`sp_…`) and nothing else: it cannot be guessed, counted or sorted.
A secret is never stored, only its hash; it has so much entropy that a plain SHA-256 cannot be searched.
"""

import base64
import hashlib
import secrets
import uuid  # noqa: TID251 - ids are made here

# https://podcasting2.org/docs/podcast-namespace/tags/guid
PODCAST_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


# Two digits of base32 (RFC 4648 §6) for each ten bits.
_PAIRS = [one + other for one in "abcdefghijklmnopqrstuvwxyz234567" for other in "abcdefghijklmnopqrstuvwxyz234567"]
_SHIFTS = range(120, -1, -10)


def base32(bits: bytes) -> str:
    """16 bytes as 26 small letters and digits, in a third of the time that the standard library takes for it."""
    number = int.from_bytes(bits) << 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


class Ids:
    def new(self, prefix: str) -> str:
        """`prefix_` and 128 random bits in 26 lower-case letters and digits."""
        return f"{prefix}_{base32(secrets.token_bytes(16))}"

    def derived(self, prefix: str, *parts: str) -> str:
        """The same id for the same parts, from which they cannot be told."""
        digest = hashlib.sha256("\0".join(parts).encode()).digest()
        return f"{prefix}_{base32(digest[:16])}"

    def podcast_guid(self, feed_url: str) -> str:
        """The podcast namespace's own name for a feed: the same for the same address, whatever its scheme."""
        return str(uuid.uuid5(PODCAST_GUIDS, feed_url.partition("://")[2].rstrip("/")))

    def secret(self) -> str:
        """256 bits for a session or token, safe in a header, a cookie and an address."""
        return secrets.token_urlsafe(32)

    def path_secret(self) -> str:
        """128 bits for an address that is its own credential (a WHIP or WHEP session)."""
        return secrets.token_urlsafe(16)

    def code(self, chars: int) -> str:
        """Small letters and digits that nobody takes for one another, 5 bits each: to be read from paper."""
        return base64.b32encode(secrets.token_bytes(chars)).decode().lower()[:chars]

    def challenge(self) -> bytes:
        """256 bits that are asked once."""
        return secrets.token_bytes(32)

    def chance(self) -> float:
        """From 0 to just below 1: for pauses that many servers should not make together."""
        return secrets.SystemRandom().random()

    def uint32(self) -> int:
        """Never zero, which RTP tools take for "not set"."""
        return secrets.randbelow(2**32 - 1) + 1


def hash_token(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
