"""The socket of the bell: a page says nothing on it and is told one number."""

import asyncio
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect

from voxhall.accounts.identity import actor_of
from voxhall.errors import BadTokenError
from voxhall.notifications import actions
from voxhall.notifications.service import Notifications

CLOSE_NOT_SIGNED_IN = 4401
CLOSE_TOO_MANY = 4429
# Proxies drop what says nothing for a minute.
PING_EVERY_S = 25.0
# A crowd of changes is one number.
AT_MOST_EVERY_S = 0.25


async def serve(websocket: WebSocket, notifications: Notifications) -> None:
    try:
        user = (await actor_of(websocket, notifications.kit)).user
    except BadTokenError:
        user = None
    await websocket.accept()
    if user is None:
        await websocket.close(CLOSE_NOT_SIGNED_IN)
        return
    with notifications.hub.page_of(user.id) as news:
        if news is None:
            await websocket.close(CLOSE_TOO_MANY)
            return
        telling = asyncio.create_task(_tell(websocket, notifications, user.id, news))
        try:
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await telling


async def _tell(websocket: WebSocket, notifications: Notifications, user_id: str, news: asyncio.Event) -> None:
    told = -1
    while True:
        news.clear()
        count = await actions.unread_count(notifications.kit, user_id)
        if count != told:
            told = count
            await websocket.send_json({"type": "unread", "count": count})
        await asyncio.sleep(AT_MOST_EVERY_S)
        while not news.is_set():
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    await news.wait()
            except TimeoutError:
                await websocket.send_json({"type": "ping"})
