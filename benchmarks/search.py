"""Search while somebody types, and the home page, on a server that has been used for years.

10,000 spaces, 1,000 of them live, 100,000 accounts, 1,000 hours of transcript. Each word of a few questions is typed
letter by letter; the home page is asked for by strangers and by people who follow 200 others. Server time, through the
whole application but the socket, and beside it the processor's time of this process, which a busy machine does not
stretch: `python -m benchmarks.search [SPACES] [ACCOUNTS] [HOURS]`; with VOXHALL_DATABASE_URL on PostgreSQL, in a
database that is empty.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import insert, text

from benchmarks.report import report
from voxhall.accounts import actions as people
from voxhall.accounts.follows.store import follows
from voxhall.accounts.store import users
from voxhall.app import Control, open_control, perform
from voxhall.config import Settings
from voxhall.errors import JsonObject
from voxhall.recordings.transcript.store import transcript_segments
from voxhall.spaces.tables import participants, spaces

NOW = datetime.now(UTC)
LIVE_SHARE = 10
WORDS_PER_SEGMENT = 15
WORDS_PER_MINUTE = 150
VOCABULARY = 20_000
FOLLOWED = 200
HOMES = 200
BATCH = 5_000
SEED = 7
SYLLABLES = ("ka", "lo", "mi", "ne", "ra", "su", "ta", "vo", "en", "is", "or", "al", "ber", "den", "fra", "gal", "hel")
# A common word, a rare one, two together, one of titles, one of names, one that is nowhere.
TYPED = ("karalo", "helfragal", "lomi nera", "galber", "person 77", "zzzz")


def vocabulary(lot: random.Random) -> list[str]:
    return ["".join(lot.choices(SYLLABLES, k=lot.randint(2, 4))) for _ in range(VOCABULARY)]


async def fill(control: Control, n_spaces: int, n_accounts: int, hours: int) -> None:
    lot = random.Random(SEED)
    known = vocabulary(lot)
    # Zipf: the first words are in every sentence, the last once an hour.
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    said = iter(lot.choices(known, weights, k=hours * 60 * WORDS_PER_MINUTE))
    await put(control, users, (_account(number, lot) for number in range(n_accounts)))
    await put(control, spaces, (_space(number, n_accounts, known, lot) for number in range(n_spaces)))
    await put(control, participants, (_host(number, n_accounts) for number in range(n_spaces)))
    each = hours * 60 * WORDS_PER_MINUTE // WORDS_PER_SEGMENT // n_spaces
    await put(control, transcript_segments, _segments(n_spaces, each, said))
    if not control.kit.db.is_sqlite:
        # As the server's own housekeeping does within a minute of such a change.
        async with control.kit.db.write() as tx:
            await tx.execute(text("ANALYZE"))


async def put(control: Control, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, BATCH)):
        async with control.kit.db.write() as tx:
            await tx.execute(insert(table), batch)


def _account(number: int, lot: random.Random) -> dict[str, Any]:
    return {
        "id": f"us_{number}",
        "handle": f"person_{number}",
        "display_name": f"Person {number} {lot.choice(SYLLABLES).capitalize()}",
        "bio": "",
        "links": [],
        "is_administrator": False,
        "created_at": NOW - timedelta(days=400),
        "follower_count": int(lot.paretovariate(1)),
        "following_count": 0,
        "hosted_count": 3,
    }


def _space(number: int, n_accounts: int, known: Sequence[str], lot: random.Random) -> dict[str, Any]:
    is_live = number % LIVE_SHARE == 0
    began = NOW - timedelta(minutes=lot.randint(1, 180) if is_live else lot.randint(300, 500_000))
    return {
        "id": f"sp_{number}",
        "title": " ".join(lot.choices(known, k=5)),
        "state": "live" if is_live else "ended",
        "host_id": f"us_{number * 7 % n_accounts}",
        "topics": lot.sample(known[:200], 2),
        "language": lot.choice(["en", "de", "ar"]),
        "who_may_speak": "invited",
        "who_may_listen": "everyone",
        "recording": "on",
        "created_at": began,
        "started_at": began,
        "ended_at": None if is_live else began + timedelta(hours=1),
        "listener_count": int(lot.paretovariate(0.7)) if is_live else 0,
        "seq": 3,
        "replay_ms": None if is_live else 3_600_000,
    }


def _host(number: int, n_accounts: int) -> dict[str, Any]:
    account = number * 7 % n_accounts
    return {
        "id": f"pa_{number}",
        "space_id": f"sp_{number}",
        "person_id": f"us_{account}",
        "handle": f"person_{account}",
        "display_name": f"Person {account}",
        "csrc": number + 1,
        "role": "host" if number % LIVE_SHARE == 0 else "listener",
        "muted": False,
        "muted_by_host": False,
        "connected": True,
        "request_order": 0,
        "stage_order": 1,
        "was_on_stage": True,
        "must_ask": False,
    }


def _segments(n_spaces: int, each: int, said: Iterator[str]) -> Iterator[dict[str, Any]]:
    for place in range(each):
        for number in range(n_spaces):
            start_ms = place * 6_000
            texts = [next(said) for _ in range(WORDS_PER_SEGMENT)]
            spoken = [
                {"t": one, "s": start_ms + at * 400, "e": start_ms + at * 400 + 350, "p": 0.9}
                for at, one in enumerate(texts)
            ]
            yield {
                "space_id": f"sp_{number}",
                "participant_id": f"pa_{number}",
                "start_ms": start_ms,
                "end_ms": start_ms + 6_000,
                "language": "en",
                "words": spoken,
            }


async def follower(control: Control, n_accounts: int) -> dict[str, str]:
    """Somebody who follows many, as the headers of their requests."""
    new: JsonObject = {"handle": "reader", "password": None, "admin": False}
    await perform(control.kit, control.accounts, "create_user", new)
    asked: JsonObject = {"handle": "reader", "scopes": []}
    token = (await perform(control.kit, control.accounts, "create_token", asked))["token"]
    me = await people.user_by_handle(control.kit, "reader")
    async with control.kit.db.write() as tx:
        followed = [f"us_{number * 7 % n_accounts}" for number in range(0, FOLLOWED * 5, 5)]
        rows = [{"follower_id": me.id, "followed_id": one, "created_at": NOW} for one in dict.fromkeys(followed)]
        await tx.execute(insert(follows), rows)
        await tx.execute(users.update().where(users.c.id == me.id).values(following_count=len(rows)))
    return {"authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Took:
    wall_ms: float
    cpu_ms: float


async def timed(client: httpx2.AsyncClient, path: str, headers: dict[str, str], **params: str) -> tuple[Took, Any]:
    began, cpu_began = time.perf_counter(), time.process_time()
    answer = await client.get(path, params=params, headers=headers)
    took = Took((time.perf_counter() - began) * 1_000, (time.process_time() - cpu_began) * 1_000)
    assert answer.status_code == 200, answer.text
    return took, answer.json()


def figures(times: list[Took]) -> dict[str, float]:
    wall, cpu = sorted(one.wall_ms for one in times), sorted(one.cpu_ms for one in times)
    at_95 = int(len(times) * 0.95)
    return {
        "p50_ms": round(wall[len(wall) // 2], 1),
        "p95_ms": round(wall[at_95], 1),
        "most_ms": round(wall[-1], 1),
        "cpu_p50_ms": round(cpu[len(cpu) // 2], 1),
        "cpu_p95_ms": round(cpu[at_95], 1),
        "asked": len(times),
    }


async def measure(control: Control, n_accounts: int) -> dict[str, Any]:
    reader = await follower(control, n_accounts)
    transport = httpx2.ASGITransport(app=control.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://voxhall") as client:
        # The first of all after a start pays for what is made once: statements, and pages of the database in memory.
        first, _ = await timed(client, "/api/v1/search", {}, q=TYPED[0])
        typing: list[Took] = []
        slowest: dict[str, float] = {}
        for headers in ({}, reader, {}):
            for question in TYPED:
                for length in range(1, len(question) + 1):
                    took, _ = await timed(client, "/api/v1/search", headers, q=question[:length])
                    typing.append(took)
                    slowest[question[:length]] = round(max(took.cpu_ms, slowest.get(question[:length], 0.0)), 1)
        homes = {
            name: figures([(await timed(client, "/api/v1/home", headers))[0] for _ in range(HOMES)])
            for name, headers in (("stranger", {}), ("follows_200", reader))
        }
        _, found = await timed(client, "/api/v1/search", {}, q=TYPED[0])
    return {
        "first_ms": round(first.wall_ms, 1),
        "typing": figures(typing),
        "slowest_cpu_ms": dict(sorted(slowest.items(), key=lambda item: -item[1])[:5]),
        "words_found": len(found["words"]),
        "home": homes,
    }


async def run(n_spaces: int, n_accounts: int, hours: int) -> dict[str, Any]:
    url = os.environ.get("VOXHALL_DATABASE_URL")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database_url=SecretStr(url) if url else None, free_disk_bytes=0)
        async with open_control(settings) as control:
            began = time.perf_counter()
            await fill(control, n_spaces, n_accounts, hours)
            filled_s = round(time.perf_counter() - began, 1)
            results = await measure(control, n_accounts)
    return {
        "database": "postgresql" if url else "sqlite",
        "spaces": n_spaces,
        "accounts": n_accounts,
        "hours_of_transcript": hours,
        "filled_s": filled_s,
        **results,
    }


if __name__ == "__main__":
    wanted = [int(one) for one in sys.argv[1:]]
    sizes = (*wanted, *(10_000, 100_000, 1_000)[len(wanted) :])
    print(json.dumps(report("search", asyncio.run(run(sizes[0], sizes[1], sizes[2])))))
