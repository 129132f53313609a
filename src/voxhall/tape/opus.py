"""Opus packets as far as one must know them without decoding: how long they are, silence, and the two headers
(RFC 6716 §3, RFC 7845 §5)."""

import struct
from collections.abc import Iterator

RATE_HZ = 48_000
FRAME = 960
# How much a decoder needs before what it gives is right; the writer uses the same.
PRE_SKIP = 312
SILENCE = b"\xf8\xff\xfe"
# The same for what is shorter than 20 ms: samples → packet.
_SHORT_SILENCES = {480: b"\xf0\xff\xfe", 240: b"\xe8\xff\xfe", 120: b"\xe0\xff\xfe"}

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


def _frame_samples(config: int) -> int:
    if config < 12:
        return _SILK[config % 4]
    return _HYBRID[config % 2] if config < 16 else _CELT[config % 4]


_SAMPLES = tuple(_frame_samples(config) for config in range(32))


def samples_in(packet: bytes) -> int:
    """At 48 kHz; 0 for what is no Opus packet."""
    if not packet:
        return 0
    frame = _SAMPLES[packet[0] >> 3]
    match packet[0] & 3:
        case 0:
            return frame
        case 3:
            return frame * (packet[1] & 63) if len(packet) > 1 else 0
        case _:
            return 2 * frame


def silence(samples: int) -> Iterator[bytes]:
    """Packets that last just so long, to within the shortest packet there is (2.5 ms)."""
    for _ in range(samples // FRAME):
        yield SILENCE
    rest = samples % FRAME
    for length, packet in _SHORT_SILENCES.items():
        if rest >= length:
            yield packet
            rest -= length


def head() -> bytes:
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, PRE_SKIP, RATE_HZ, 0, 0)


def tags() -> bytes:
    """No names: what a file is called where it is published is not the tape's to say."""
    vendor = b"Voxhall"
    return b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)


def comments(packet: bytes) -> dict[str, str]:
    """Of an OpusTags packet; what is cut short or strange is left out."""
    found: dict[str, str] = {}
    if not packet.startswith(b"OpusTags"):
        return found
    try:
        (at,) = struct.unpack_from("<I", packet, 8)
        at += 12
        (count,) = struct.unpack_from("<I", packet, at)
        for _ in range(min(count, 64)):
            (length,) = struct.unpack_from("<I", packet, at + 4)
            at += 4 + length
            name, _, value = packet[at + 4 - length : at + 4].decode(errors="replace").partition("=")
            found[name.upper()] = value
    except struct.error:
        pass
    return found
