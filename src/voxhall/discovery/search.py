"""The one place that knows how each database searches: FTS5 on SQLite, tsvector on PostgreSQL.

What is searched stands in `search_documents`, which triggers of the database keep (migration 0009), so that no writer
can forget it. Words are matched by their beginnings, in any order, all of them.
"""

import re

from sqlalchemy import Select, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

# The engines' own tokens: letters and digits of any script.
_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 8

_documents = table("search_documents", column("id"), column("kind"), column("ref"), column("text"))
_fts = table("search_fts", column("rowid"), column("search_fts"))


def words_of(query: str) -> list[str]:
    return _WORD.findall(query)[:MAX_WORDS]


def matching(conn: AsyncConnection, kind: str, words: list[str]) -> Select[tuple[str]]:
    """The refs of the documents of one kind in which every word begins some word."""
    d = _documents.c
    if conn.dialect.name == "sqlite":
        phrase = " ".join(f'"{word}"*' for word in words)
        rows = select(_fts.c.rowid).where(text("search_fts MATCH :phrase").bindparams(phrase=phrase))
        return select(d.ref).where(d.kind == kind, d.id.in_(rows))
    phrase = " & ".join(f"'{word.lower()}':*" for word in words)
    # The driver sends texts as VARCHAR, for which the engine has no such function.
    found = text("search_documents.words @@ to_tsquery('simple', CAST(:phrase AS text))").bindparams(phrase=phrase)
    return select(d.ref).where(d.kind == kind, found)
