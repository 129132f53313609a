"""A world that signs people in by providers, and the ways there and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.accounts.provider import Provider, provider
from tests.world import HandClock, World, open_world


@dataclass
class House:
    """A world that signs in with two providers, which are the same program at two addresses."""

    world: World
    provider: Provider
    other: Provider

    async def begin(self, browser: httpx2.AsyncClient, at: str = "house", path: str = "/") -> str:
        begun = await browser.post(f"/api/v1/sessions/openid/{at}", json={"next": path})
        assert begun.status_code == 201, begun.text
        return str(begun.json()["url"])

    def come_back(self, url: str, who: str = "ana", at: Provider | None = None) -> dict[str, str]:
        """What the provider sends the browser back with."""
        back = urlsplit((at or self.provider).authorize(urlsplit(url).query, who))
        assert back.path.startswith("/sign-in/openid/")
        return dict(parse_qsl(back.query))

    async def arrive(self, browser: httpx2.AsyncClient, who: str = "ana", path: str = "/") -> httpx2.Response:
        answer = self.come_back(await self.begin(browser, path=path), who)
        return await browser.post("/api/v1/sessions/openid/house/answer", json=answer)

    async def sign_up(self, browser: httpx2.AsyncClient, who: str = "ana", **more: Any) -> httpx2.Response:
        arrived = (await self.arrive(browser, who)).json()
        assert arrived["outcome"] == "new", arrived
        body = {"ticket": arrived["ticket"], "handle": who, "display_name": who.title(), **more}
        return await browser.post("/api/v1/users/openid", json=body)


@asynccontextmanager
async def opened(folder: Path, database_url: str | None = None) -> AsyncIterator[House]:
    clock = HandClock()
    async with provider(clock.now) as first, provider(clock.now) as second:
        settings = {"house": first.settings, "other": second.settings}
        async with open_world(folder / "data", database_url, clock=clock, openid=settings) as world:
            yield House(world, first, second)


async def who_is(browser: httpx2.AsyncClient) -> str | None:
    account = (await browser.get("/api/v1/sessions/current")).json()["account"]
    return account["handle"] if account else None
