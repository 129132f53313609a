"""Having a picture, and having none."""

import asyncio

from voxhall.accounts.model import User, UserId
from voxhall.accounts.pictures import store
from voxhall.accounts.pictures.drawing import face_of
from voxhall.errors import NotFoundError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction


class PictureNotFoundError(NotFoundError):
    code = "picture_not_found"
    message = "There is no such picture."


class Drawing:
    """One at a time: what one picture takes while it is scaled is all that pictures ever take."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def face_of(self, sent: bytes) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(face_of, sent)


async def show(kit: Kit, tx: Transaction, user: User, drawn: bytes) -> str:
    """The id of the new picture; the one before is gone."""
    await tx.lock(f"user:{user.id}")
    picture_id = kit.ids.new("pi")
    await store.replace(tx, user.id, picture_id, drawn, kit.clock.now())
    return picture_id


async def remove(kit: Kit, tx: Transaction, user_id: UserId) -> None:
    await tx.lock(f"user:{user_id}")
    await store.replace(tx, user_id, None, b"", kit.clock.now())


async def read(kit: Kit, picture_id: str) -> bytes:
    async with kit.db.read() as conn:
        found = await store.bytes_of(conn, picture_id)
    if found is None:
        raise PictureNotFoundError
    return found
