"""What happened, told to whoever subscribed, inside this process and after the commit.

Order: subscribers hear events in the order of publication. A plain function is called on the spot and must not
block. An async one has a queue of its own for each key, so that a slow media node delays one space and not the
others. A subscriber that fails is logged and never harms the publisher or its neighbours.
"""

import asyncio
import contextvars
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import structlog

log = structlog.get_logger()

E = TypeVar("E")
Handler = Callable[[E], Awaitable[None]] | Callable[[E], None]

# Set while an async subscriber runs: what it publishes must not be awaited there, or its queue would wait for itself.
_inside_handler: contextvars.ContextVar[bool] = contextvars.ContextVar("inside_handler", default=False)


@dataclass
class _Subscription:
    event_type: type[Any]
    handler: Handler[Any]
    key: Callable[[Any], Hashable] | None
    queues: dict[Hashable, deque[tuple[Any, asyncio.Future[None]]]] = field(default_factory=dict)


class Events:
    def __init__(self) -> None:
        self._subscriptions: list[_Subscription] = []
        self._workers: set[asyncio.Task[None]] = set()

    def subscribe(
        self, event_type: type[E], handler: Handler[E], key: Callable[[E], Hashable] | None = None
    ) -> Callable[[], None]:
        """Hear every event of this type and its subclasses; the answer ends the subscription."""
        subscription = _Subscription(event_type, handler, key)
        self._subscriptions.append(subscription)
        return lambda: self._subscriptions.remove(subscription)

    async def publish(self, *events: object) -> None:
        """Tell everyone, and return when the async subscribers are done (at once when called from one of them)."""
        await self.settle(self.enqueue(events))

    def enqueue(self, events: Sequence[object]) -> list[asyncio.Future[None]]:
        """Call the plain subscribers and line the events up for the others, without giving up the event loop."""
        waiting: list[asyncio.Future[None]] = []
        for event in events:
            for subscription in tuple(self._subscriptions):
                if isinstance(event, subscription.event_type):
                    self._deliver(subscription, event, waiting)
        return waiting

    async def settle(self, waiting: list[asyncio.Future[None]]) -> None:
        if waiting and not _inside_handler.get():
            await asyncio.wait(waiting)

    async def close(self) -> None:
        """Let the async subscribers finish what they were told."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    def _deliver(self, subscription: _Subscription, event: object, waiting: list[asyncio.Future[None]]) -> None:
        if not inspect.iscoroutinefunction(subscription.handler):
            try:
                subscription.handler(event)
            except Exception:
                log.exception("subscriber_failed", event_type=type(event).__name__)
            return
        key = subscription.key(event) if subscription.key else None
        done = asyncio.get_running_loop().create_future()
        waiting.append(done)
        queue = subscription.queues.get(key)
        if queue is not None:
            queue.append((event, done))
            return
        subscription.queues[key] = deque([(event, done)])
        # An empty context: a queue outlives the request or the handler that happened to start it.
        worker = asyncio.get_running_loop().create_task(_work(subscription, key), context=contextvars.Context())
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)


async def _work(subscription: _Subscription, key: Hashable) -> None:
    _inside_handler.set(True)
    queue = subscription.queues[key]
    try:
        while queue:
            event, done = queue.popleft()
            try:
                await cast(Awaitable[None], subscription.handler(event))
            except Exception:
                log.exception("subscriber_failed", event_type=type(event).__name__)
            finally:
                if not done.done():
                    done.set_result(None)
    finally:
        del subscription.queues[key]
