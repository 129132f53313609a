"""Speech through a space whose legs lose packets, the speaker's, the listener's or both: what arrives, what is guessed.

Our own client at both ends, the media node between them in this process, a bad network for each leg.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from tests.impaired import ImpairedNetwork, Loss, impaired_network
from voxhall.media import _core

RATE_HZ = 48_000
CONNECT_TIMEOUT_S = 10.0
# How often the counts of a client are read.
STEP_S = 0.1
# Protection is over when no packet had any for so long.
PLAIN_FOR_S = 3.0

Samples = NDArray[np.int16]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Legs:
    """The share of packets lost on each leg, in bursts of `burst` on average.

    With `red` packets may carry earlier ones.
    """

    name: str
    up: float = 0.0
    down: float = 0.0
    burst: float = 1.0
    red: bool = True


@dataclass(frozen=True)
class Heard:
    """Shares are of what was sent of the measured speech; what is guessed in a pause does not count as concealed.

    Times are from the beginning of the loss and from its end; None where nothing was protected or
    its end not waited for.
    """

    file: Path
    lost_up: float
    lost_down: float
    # Lost together with all that would have carried it.
    beyond_repair_up: float
    beyond_repair_down: float
    concealed_up: float
    concealed_down: float
    protected_after_s: float | None
    plain_after_s: float | None


class Node:
    """One media node for any number of spaces."""

    def __init__(self, data: Path) -> None:
        self.core = _core.Node(0, ["127.0.0.1"], 64, None, data)
        self._peers = 0

    def open(self, space: str, call: str, offer: str, **more: object) -> str:
        self._peers += 1
        name = f"peer{self._peers}"
        args = {"space": space, "peer": name, "participant": name, "sdp": offer, **more}
        return str(json.loads(self.core.call(call, json.dumps(args)))["sdp"])

    def events(self) -> list[str]:
        """What it had to say since the last time."""
        told = iter(self.core.next_event, None)
        return [str(json.loads(event)["event"]) for event in told]

    def stats_of_speaker(self, space: str) -> dict[str, float]:
        spaces = json.loads(self.core.call("report", "{}"))["spaces"]
        peers = next(one["peers"] for one in spaces if one["space"] == space)
        return dict(next(peer["audio"] for peer in peers if peer["kind"] == "publisher"))


@contextmanager
def running_node(data: Path) -> Iterator[Node]:
    node = Node(data)
    try:
        yield node
    finally:
        node.core.stop()


async def spoken_through(
    node: Node, legs: Legs, warm_up: Samples, speech: Samples, file: Path, seed: int, *, to_the_end: bool = True
) -> Heard:
    """Says `warm_up`, within which the loss is reported and answered, then `speech`, which is measured and written.

    Then the loss ends, and it goes on until the protection does, if this is to be waited for.
    """
    port = node.core.port
    with ThreadPoolExecutor(2) as threads:
        async with impaired_network(port) as up, impaired_network(port) as down:
            conversation = _Conversation(node, legs, threads)
            await conversation.connect(up, down)
            ear = asyncio.create_task(conversation.listen())
            losses = Loss(legs.up, legs.burst, seed), Loss(legs.down, legs.burst, seed + 1_000)
            up.uplink, down.loss = losses
            protected_after_s = await conversation.say_until_protected(warm_up)
            heard = await conversation.measure(speech, file, losses)
            up.uplink, down.loss = Loss(), Loss()
            waits = to_the_end and protected_after_s is not None
            plain_after_s = await conversation.say_until_plain(warm_up) if waits else None
            conversation.close()
            await ear
    return Heard(file=file, protected_after_s=protected_after_s, plain_after_s=plain_after_s, **heard)


class _Conversation:
    def __init__(self, node: Node, legs: Legs, threads: ThreadPoolExecutor) -> None:
        self._node = node
        self._space = f"sp_{legs.name.replace(' ', '_')}_{id(self)}"
        self._threads = threads
        # Of the earlier frames in a packet: two whole ones, or the correction inside Opus.
        self._reach = 2 if legs.red else 1
        self._speaker = _core.Publisher(red=legs.red)
        self._listener = _core.Subscriber(red=legs.red)
        self._recording: _core.Recording | None = None
        self._correctable = 0
        self._is_over = False

    async def connect(self, up: ImpairedNetwork, down: ImpairedNetwork) -> None:
        answer = self._node.open(self._space, "open_publisher", self._speaker.offer(), csrc=1, publish=True)
        self._speaker.answer(up.led(answer))
        self._listener.answer(down.led(self._node.open(self._space, "open_listener", self._listener.offer())))
        for peer in (self._speaker, self._listener):
            assert await self._in_thread(peer.wait_connected, CONNECT_TIMEOUT_S)

    def close(self) -> None:
        self._is_over = True
        self._speaker.close()
        self._listener.close()

    async def listen(self) -> None:
        while not self._is_over:
            for packet in await self._in_thread(self._listener.receive, STEP_S):
                # Only the speech modes of Opus carry a correction (RFC 6716 §3.1, table 2).
                self._correctable += packet.payload[0] >> 3 < 16
                if self._recording is not None:
                    self._recording.add(packet)

    async def say_until_protected(self, speech: Samples) -> float | None:
        """Says all of it; after how long the first packet was protected."""
        began, after = time.monotonic(), None
        for piece in _pieces(speech):
            await self._say(piece)
            if after is None and self._protected() > 0:
                after = time.monotonic() - began
        return after

    async def say_until_plain(self, speech: Samples) -> float:
        """Says it until nothing is protected any more; after how long the last packet was."""
        began = last = time.monotonic()
        before = self._protected()
        for piece in _pieces(np.tile(speech, 3)):
            await self._say(piece)
            if self._protected() > before:
                before, last = self._protected(), time.monotonic()
            if time.monotonic() - last > PLAIN_FOR_S:
                break
        return last - began

    async def measure(self, speech: Samples, file: Path, losses: tuple[Loss, Loss]) -> dict[str, float]:
        before, began = self._counts(), time.monotonic()
        seen_before = [(one.seen, one.beyond(self._reach)) for one in losses]
        self._recording = _core.Recording(file, "wav")
        await self._say(speech)
        received_s, corrected_s, concealed_s = self._recording.finish(time.monotonic() - began)
        self._recording = None
        counts = {name: count - before[name] for name, count in self._counts().items()}
        beyond_up, beyond_down = (
            (one.beyond(self._reach) - beyond) / max(1, one.seen - seen)
            for one, (seen, beyond) in zip(losses, seen_before, strict=True)
        )
        return {
            "beyond_repair_up": beyond_up,
            "beyond_repair_down": beyond_down,
            "lost_up": 1 - counts["taken"] / counts["sent"],
            "lost_down": counts["lost"] / (counts["lost"] + counts["received"]),
            "concealed_up": counts["concealed_ms"] / counts["played_ms"],
            "concealed_down": concealed_s / (received_s + corrected_s + concealed_s),
        }

    def _counts(self) -> dict[str, float]:
        stats = self._node.stats_of_speaker(self._space)
        return {
            "sent": self._speaker.sent,
            "taken": stats["received"],
            "played_ms": stats["played_ms"],
            "concealed_ms": stats["concealed_ms"] - stats["concealed_quiet_ms"],
            "lost": self._listener.lost,
            "received": self._listener.received,
        }

    def _protected(self) -> int:
        return self._speaker.protected + self._listener.protected + self._correctable

    async def _say(self, samples: Samples) -> None:
        await self._in_thread(self._speaker.push, samples.tobytes())

    async def _in_thread(
        self, call: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*arguments, **named))


def _pieces(speech: Samples) -> list[NDArray[Any]]:
    length = int(STEP_S * RATE_HZ)
    return [speech[start : start + length] for start in range(0, len(speech), length)]
