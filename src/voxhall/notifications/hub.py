"""The pages that are open, and the one number that each of them is told: how much is unread."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from voxhall.notifications.model import Notified

# A page opens one; more than these are a script that does not close them.
MAX_PAGES_EACH = 20


class Hub:
    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def page_of(self, user_id: str) -> Iterator[asyncio.Event | None]:
        """Set whenever there is something new; None when this account has too many pages open."""
        pages = self._pages.setdefault(user_id, set())
        if len(pages) >= MAX_PAGES_EACH:
            yield None
            return
        news = asyncio.Event()
        pages.add(news)
        try:
            yield news
        finally:
            pages.discard(news)
            if not pages:
                self._pages.pop(user_id, None)

    def tell(self, notified: Notified) -> None:
        for user_id in self._pages.keys() & notified.user_ids:
            for news in self._pages[user_id]:
                news.set()
