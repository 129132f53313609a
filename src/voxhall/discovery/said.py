"""What was said, found: the latest first, at the second at which it was said, in spaces one may know of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import User
from voxhall.discovery import search
from voxhall.discovery.search import Said
from voxhall.kit.text import WITHOUT_SPACES
from voxhall.spaces.actions import directory
from voxhall.spaces.model import Space, SpaceId

# So few letters begin too many words to say anything of what is meant.
LEAST_CHARS = 3
MAX_HITS = 20
# One talkative space must not be the whole answer.
MAX_OF_A_SPACE = 3
# How many hits are looked at, again and again, until enough are of spaces whose door is open: a word that is only said
# behind closed doors costs no more than this.
LOOKS = (60, 400, 1_000, 1_000)


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
    chosen: list[Said] = []
    seen: set[str] = set()
    is_open: set[str] = set()
    before: int | None = None
    for limit in LOOKS:
        found = await search.said(conn, words, language, before, limit)
        new = {one.space_id for one in found} - seen
        seen |= new
        is_open |= await directory.ids_to_hear(conn, user, new)
        for one in found:
            of_this_space = sum(other.space_id == one.space_id for other in chosen)
            if one.space_id in is_open and of_this_space < MAX_OF_A_SPACE and len(chosen) < MAX_HITS:
                chosen.append(one)
        if len(chosen) >= MAX_HITS or len(found) < limit:
            break
        before = found[-1].id
    return await _placed(conn, chosen, words)


async def _placed(conn: AsyncConnection, chosen: Sequence[Said], words: list[str]) -> list[Hit]:
    spaces = await directory.whole(conn, {SpaceId(one.space_id) for one in chosen})
    spoken = await search.spoken(conn, chosen)
    hits = []
    for one in chosen:
        texts = spoken.get((one.space_id, one.participant_id, one.start_ms), [])
        at_ms = next((at_ms for text, at_ms in texts if _begins(text, words)), one.start_ms)
        text = ("" if one.language in WITHOUT_SPACES else " ").join(text for text, _ in texts)
        hits.append(Hit(spaces[SpaceId(one.space_id)], one.participant_id, at_ms, one.language, text))
    return hits


def _begins(text: str, words: list[str]) -> bool:
    return any(piece.lower().startswith(word.lower()) for piece in search.words_of(text, most=None) for word in words)
