"""Protocol Buffers' wire format, as far as LiveKit's signalling needs it: numbers and what has a length."""

from collections.abc import Iterator

NUMBER, BYTES = 0, 2
FIXED = {1: 8, 5: 4}


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number and value, in the order in which they came."""
    at = 0
    while at < len(message):
        key, at = read_number(message, at)
        kind = key & 7
        value: int | bytes
        if kind == NUMBER:
            value, at = read_number(message, at)
        else:
            length, at = (FIXED[kind], at) if kind in FIXED else read_number(message, at)
            value, at = message[at : at + length], at + length
        yield key >> 3, value


def read_number(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where the next thing begins."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(key: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return number(key << 3 | NUMBER) + number(value)
    return number(key << 3 | BYTES) + number(len(value)) + value
