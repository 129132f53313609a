"""Everything of one account as one ZIP, made while it is sent: a server needs no disk for what is taken along."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from voxhall.errors import JsonObject, JsonValue

PIECE_BYTES = 256 * 1024


class Source(Protocol):
    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """`source` is opened when its turn comes, in the thread that sends."""

    name: str
    text: str | bytes | None = None
    source: Source | None = None


class _Sink(io.RawIOBase):
    """Where the archive is written to, and taken from at once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def zipped(entries: Sequence[Entry], at: datetime) -> Iterator[bytes]:
    """Sound is compressed already; of words little is to be gained."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in _pieces(entry):
                    file.write(piece)
                    yield sink.take()
    yield sink.take()


def _pieces(entry: Entry) -> Iterator[bytes]:
    if entry.text is not None:
        yield entry.text.encode() if isinstance(entry.text, str) else entry.text
    if entry.source is not None:
        for offset in range(0, entry.source.size, PIECE_BYTES):
            yield entry.source.read(offset, min(PIECE_BYTES, entry.source.size - offset))


def as_json(value: JsonObject | list[JsonValue]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_mastodon_csv(addresses: Sequence[str]) -> str:
    """What `POST /api/v1/me/follows/import` takes, and Mastodon."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Account address", "Show boosts", "Notify on new posts", "Languages"])
    writer.writerows([address, "true", "false", ""] for address in addresses)
    return out.getvalue()
