"""What happened, in order, to whoever asked, whatever the others do."""

import asyncio
from dataclasses import dataclass

from voxhall.kit.events import Events


@dataclass(frozen=True)
class Happened:
    space: str
    number: int


@dataclass(frozen=True)
class Ended(Happened):
    pass


async def test_a_subscriber_hears_its_kind_and_the_kinds_below() -> None:
    events, heard, ends = Events(), list[object](), list[object]()
    events.subscribe(Happened, heard.append)
    events.subscribe(Ended, ends.append)
    await events.publish(Happened("a", 1), Ended("a", 2), "something else")
    assert heard == [Happened("a", 1), Ended("a", 2)]
    assert ends == [Ended("a", 2)]


async def test_one_who_left_hears_nothing() -> None:
    events, heard = Events(), list[object]()
    leave = events.subscribe(Happened, heard.append)
    leave()
    await events.publish(Happened("a", 1))
    assert heard == []


async def test_a_subscriber_that_fails_harms_nobody() -> None:
    events, heard = Events(), list[object]()

    def fail(_event: Happened) -> None:
        raise ZeroDivisionError

    async def fail_later(_event: Happened) -> None:
        raise ZeroDivisionError

    events.subscribe(Happened, fail)
    events.subscribe(Happened, fail_later)
    events.subscribe(Happened, heard.append)
    await events.publish(Happened("a", 1))
    await events.publish(Happened("a", 2))
    assert len(heard) == 2


async def test_each_key_is_in_order_and_waits_for_no_other() -> None:
    events, heard, gate = Events(), list[int](), asyncio.Event()

    async def handle(event: Happened) -> None:
        if event.space == "slow":
            await gate.wait()
        heard.append(event.number)

    events.subscribe(Happened, handle, key=lambda event: event.space)
    slow = asyncio.create_task(events.publish(Happened("slow", 1), Happened("slow", 2)))
    await asyncio.sleep(0)
    await events.publish(Happened("quick", 3), Happened("quick", 4))
    assert heard == [3, 4]
    gate.set()
    await slow
    assert heard == [3, 4, 1, 2]


async def test_a_subscriber_may_publish_to_itself() -> None:
    events, heard = Events(), list[int]()

    async def count_down(event: Happened) -> None:
        heard.append(event.number)
        if event.number:
            await events.publish(Happened(event.space, event.number - 1))

    events.subscribe(Happened, count_down)
    await events.publish(Happened("a", 3))
    await events.close()
    assert heard == [3, 2, 1, 0]


async def test_closing_waits_for_what_was_told() -> None:
    events, heard = Events(), list[int]()

    async def handle(event: Happened) -> None:
        await asyncio.sleep(0)
        heard.append(event.number)

    events.subscribe(Happened, handle)
    events.enqueue([Happened("a", 1)])
    await events.close()
    assert heard == [1]
