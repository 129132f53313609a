"""What was said, found: the latest first, at the second at which it was said, in spaces one may know of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import User
from voxhall.discovery import search
from voxhall.discovery.search import Said
from voxhall.kit.text import WITHOUT_SPACES
from voxhall.spaces.actions import directory
from voxhall.spaces.model import Space

# So few letters begin too many words to say anything of what is meant.
LEAST_CHARS = 3
MAX_HITS = 20
# One talkative space must not be the whole answer.
MAX_OF_A_SPACE = 3
# How many hits are looked at before those whom one may not know of are left out, and how often: a word that is only
# said behind closed doors costs no more than this.
LOOKED_AT, LOOKS = 400, 5


@dataclass(frozen=True, slots=True)
class Hit:
    """`at_ms` is where the first of the words is said; `text` is what stands around it."""

    space: Space
    participant_id: str
    at_ms: int
    language: str
    text: str


async def find(conn: AsyncConnection, user: User | None, words: list[str], language: str | None) -> list[Hit]:
    if max(map(len, words), default=0) < LEAST_CHARS:
        return []
    chosen: list[tuple[Space, Said]] = []
    seen: dict[str, Space | None] = {}
    before: int | None = None
    for _ in range(LOOKS):
        found = await search.said(conn, words, language, before, LOOKED_AT)
        await _look_up(conn, user, {one.space_id for one in found} - seen.keys(), seen)
        for one in found:
            space = seen[one.space_id]
            if space is not None and sum(other.id == space.id for other, _ in chosen) < MAX_OF_A_SPACE:
                chosen.append((space, one))
        if len(chosen) >= MAX_HITS or len(found) < LOOKED_AT:
            break
        before = found[-1].id
    return await _placed(conn, chosen[:MAX_HITS], words)


async def _look_up(
    conn: AsyncConnection, user: User | None, ids: Collection[str], seen: dict[str, Space | None]
) -> None:
    """The door of a space, for each new one: None for those that stay shut."""
    seen.update(dict.fromkeys(ids))
    seen.update({space.id: space for space in await directory.heard_or_to_hear(conn, user, ids)})


async def _placed(conn: AsyncConnection, chosen: Sequence[tuple[Space, Said]], words: list[str]) -> list[Hit]:
    spoken = await search.spoken(conn, [one for _, one in chosen])
    hits = []
    for space, one in chosen:
        texts = spoken.get((one.space_id, one.participant_id, one.start_ms), [])
        at_ms = next((at_ms for text, at_ms in texts if _begins(text, words)), one.start_ms)
        text = ("" if one.language in WITHOUT_SPACES else " ").join(text for text, _ in texts)
        hits.append(Hit(space, one.participant_id, at_ms, one.language, text))
    return hits


def _begins(text: str, words: list[str]) -> bool:
    return any(piece.lower().startswith(word.lower()) for piece in search.words_of(text, most=None) for word in words)
