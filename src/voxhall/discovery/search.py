"""The one place that knows how each database searches: FTS5 on SQLite, tsvector on PostgreSQL.

What is searched stands in `search_documents` and `search_said`, which triggers of the database keep (migrations
0009 and 0012), so that no writer can forget it. Words are matched by their beginnings, in any order, all of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, String, and_, bindparam, column, or_, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

# The engines' own tokens: letters and digits of any script.
_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 8
# One letter begins a hundred thousand names. Who types on finds the rest, and nobody waits for it.
MOST_LOOKED_AT, MOST_FOUND = 5_000, 500

_documents = table("search_documents", column("id"), column("kind"), column("ref"), column("text"))
_fts = table("search_fts", column("rowid"), column("search_fts"))
_said_fts = table("search_said_fts", column("rowid"))
_said = table(
    "search_said", column("id"), column("space_id"), column("participant_id"), column("start_ms"), column("language")
)
_segments = table(
    "transcript_segments", column("space_id"), column("participant_id"), column("start_ms"), column("words", JSON)
)


@dataclass(frozen=True, slots=True)
class Said:
    """A segment of a transcript in which all the words stand."""

    id: int
    space_id: str
    participant_id: str
    start_ms: int
    language: str


def words_of(query: str, most: int | None = MAX_WORDS) -> list[str]:
    return _WORD.findall(query)[:most]


async def matching(conn: AsyncConnection, kind: str, words: list[str]) -> list[str]:
    """The refs of the documents of one kind in which every word begins some word; of very many, the newest."""
    d = _documents.c
    if conn.dialect.name == "sqlite":
        found = select(_fts.c.rowid).where(text("search_fts MATCH :phrase")).order_by(_fts.c.rowid.desc())
    else:
        found = select(d.id).where(_matches("search_documents")).order_by(d.id.desc())
    newest = found.limit(MOST_LOOKED_AT).subquery()
    query = select(d.ref).where(d.kind == kind, d.id.in_(select(newest.c[0]))).limit(MOST_FOUND)
    rows = await conn.execute(query.order_by(d.id.desc()).params(phrase=_phrase(conn, words)))
    return [row.ref for row in rows]


async def said(
    conn: AsyncConnection, words: list[str], language: str | None, before: int | None, limit: int
) -> list[Said]:
    """The latest first, from before the id of the last one seen."""
    s = _said.c
    query = select(s.id, s.space_id, s.participant_id, s.start_ms, s.language)
    place = s.id
    if conn.dialect.name == "sqlite":
        # The index hands out its rows in this order by itself, so the first are there before the last are looked for.
        place = _said_fts.c.rowid
        query = query.select_from(_said_fts.join(_said, s.id == place)).where(text("search_said_fts MATCH :phrase"))
    else:
        query = query.where(_matches("search_said"))
    query = query.params(phrase=_phrase(conn, words))
    if before is not None:
        query = query.where(place < before)
    if language is not None:
        query = query.where(s.language == language)
    return [Said(*row) for row in await conn.execute(query.order_by(place.desc()).limit(limit))]


async def spoken(conn: AsyncConnection, found: Sequence[Said]) -> dict[tuple[str, str, int], list[tuple[str, int]]]:
    """The words of these segments with their times."""
    s = _segments.c
    if not found:
        return {}
    # One by one: for a list of triples SQLite reads every segment there is.
    these = [
        and_(s.space_id == one.space_id, s.participant_id == one.participant_id, s.start_ms == one.start_ms)
        for one in found
    ]
    rows = await conn.execute(select(_segments).where(or_(*these)))
    return {
        (row.space_id, row.participant_id, row.start_ms): [(one["t"], one["s"]) for one in row.words] for row in rows
    }


def _phrase(conn: AsyncConnection, words: list[str]) -> str:
    if conn.dialect.name == "sqlite":
        return " ".join(f'"{word}"*' for word in words)
    return " & ".join(f"'{word.lower()}':*" for word in words)


def _matches(where: str) -> Any:
    # Written into the statement: how many words begin so decides whether the index of words or that of ids is walked,
    # and of a parameter PostgreSQL guesses it, once for all words. A phrase has only letters, digits, and what we add.
    matches = text(f"{where}.words @@ to_tsquery('simple', CAST(:phrase AS text))")
    return matches.bindparams(bindparam("phrase", type_=String, literal_execute=True))
