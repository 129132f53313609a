"""The ways to the media node that an SDP answer names (RFC 8839 §5.1): which there are, and one of them alone."""

import re
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["udp", "tcp"]
KINDS: tuple[Kind, ...] = ("udp", "tcp")

_CANDIDATE = re.compile(
    r"^a=candidate:\S+ 1 (?P<kind>udp|tcp) \d+ (?P<address>\S+) (?P<port>\d+) typ host.*$", re.IGNORECASE | re.MULTILINE
)


def addresses(sdp: str, kind: Kind) -> list[str]:
    """In their order, each once."""
    return list(dict.fromkeys(match["address"] for match in _CANDIDATE.finditer(sdp) if _is(match, kind)))


def port(sdp: str, kind: Kind) -> str | None:
    return next((match["port"] for match in _CANDIDATE.finditer(sdp) if _is(match, kind)), None)


def only(sdp: str, kind: Kind, address: str | None = None) -> str:
    """The answer without any other way in it."""
    kept = []
    for line in sdp.splitlines():
        match = _CANDIDATE.match(line)
        if match is None or (_is(match, kind) and address in {None, match["address"]}):
            kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _is(match: re.Match[str], kind: Kind) -> bool:
    return match["kind"].lower() == kind
