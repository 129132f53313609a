"""The worker's end: claims jobs over the internal link, renews them while they are worked on, and tells what became
of them. It never opens the database, and imports nothing that would.

While the link is down the work goes on and every word waits for it. Whoever has lost a job stops at the next word.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from voxhall.errors import JsonObject, JsonValue, LinkDownError, LinkTimeoutError, RemoteError, VoxhallError
from voxhall.kit.link import Link, LinkHandler

log = structlog.get_logger()

# The control plane wakes us; this is for jobs whose time comes later, and for words that were lost with a link.
POLL_S = 5.0
# A third of the lease (model.LEASE), so that two may be missed.
RENEW_S = 15.0
# Between two tries of a word that the control plane was too busy for.
AGAIN_S = 0.5
# A transaction of the control plane takes milliseconds; on a machine that swaps, seconds.
CALL_TIMEOUT_S = 20.0
# For giving everything back when the worker stops.
RELEASE_TIMEOUT_S = 3.0


class LostJobError(Exception):
    """The job is not ours any more: stop, and touch nothing that others see."""


class GiveUpError(Exception):
    """To try again would be of no use. The text is for people."""


class JobRun:
    """A job in the hands of the function that does it."""

    def __init__(self, worker: "Worker", claimed: JsonObject) -> None:
        self._worker = worker
        self.id = str(claimed["id"])
        self.attempt = int(str(claimed["attempt"]))
        self.subject = str(claimed["subject"])
        self.payload: JsonObject = claimed["payload"] if isinstance(claimed["payload"], dict) else {}
        self.progress = 0.0
        self._steps: JsonObject = claimed["steps"] if isinstance(claimed["steps"], dict) else {}

    async def step(self, name: str, work: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """The result of the step, from an earlier attempt if one finished it.

        The work may be done twice (killed before its result was kept), so it must come to the same.
        """
        kept = self._steps.get(name)
        if isinstance(kept, dict):
            return kept
        answer = await self._say("jobs_step", step=name, result=await work())
        result = answer["result"]
        self._steps[name] = result
        return result if isinstance(result, dict) else {}

    async def ask(self, question: JsonObject) -> JsonObject:
        return await self._say("jobs_ask", data=question)

    async def tell(self, data: JsonObject) -> JsonObject:
        """Something that takes effect now. It may arrive twice when the link breaks under it."""
        return await self._say("jobs_tell", data=data)

    async def finish(self, result: JsonObject) -> None:
        await self._say("jobs_finish", data=result)

    async def fail(self, error: str, *, is_final: bool) -> None:
        await self._say("jobs_fail", error=error, final=is_final)

    async def release(self) -> None:
        await self._say("jobs_release")

    async def _say(self, name: str, **args: JsonValue) -> JsonObject:
        return await self._worker.say(name, {"id": self.id, "attempt": self.attempt, **args})


Work: TypeAlias = Callable[[JobRun], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True)
class Skill:
    """A kind of job that this worker can do, and how many of it at once."""

    kind: str
    work: Work
    at_once: int = 1


class Worker(LinkHandler):
    def __init__(self, skills: list[Skill], poll_s: float = POLL_S) -> None:
        self._skills: Mapping[str, Skill] = {skill.kind: skill for skill in skills}
        self._poll_s = poll_s
        self._link: Link | None = None
        self._link_is_up = asyncio.Event()
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], tuple[str, JobRun]] = {}

    async def connected(self, link: Link) -> None:
        self._link = link
        self._link_is_up.set()
        self._wake.set()

    async def lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None
            self._link_is_up.clear()

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        del link, data
        if name == "jobs_waiting":
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled; then everything under way is given back."""
        renewing = asyncio.create_task(self._keep_renewing())
        try:
            while True:
                self._wake.clear()
                await self._claim()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._wake.wait()
        finally:
            renewing.cancel()
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

    async def say(self, name: str, args: JsonObject) -> JsonObject:
        """One call that waits for the link as long as it takes; LostJobError when the job is not ours."""
        while True:
            await self._link_is_up.wait()
            link = self._link
            try:
                if link is not None:
                    return await link.call(name, args, timeout_s=CALL_TIMEOUT_S)
            except (LinkDownError, LinkTimeoutError):
                pass
            except RemoteError as error:
                if error.code == "job_lost":
                    raise LostJobError from error
                if error.status != 503:
                    raise
            await asyncio.sleep(AGAIN_S)

    async def _claim(self) -> None:
        free = {name: skill.at_once - self._busy_with(name) for name, skill in self._skills.items()}
        wanted: JsonObject = {name: count for name, count in free.items() if count > 0}
        if not wanted:
            return
        try:
            claimed = (await self.say("jobs_claim", {"kinds": wanted}))["jobs"]
        except RemoteError as error:
            log.error("jobs_not_claimed", reason=error.code)
            return
        for one in claimed if isinstance(claimed, list) else []:
            if isinstance(one, dict):
                self._start(str(one["kind"]), JobRun(self, one))

    def _busy_with(self, kind: str) -> int:
        return sum(its_kind == kind for its_kind, _ in self._running.values())

    def _start(self, kind: str, run: JobRun) -> None:
        task = asyncio.create_task(self._carry_out(self._skills[kind], run), name=f"{kind} {run.id}")
        self._running[task] = (kind, run)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            # Its lease ends by itself, and somebody tries again.
            log.error("job_not_settled", job=task.get_name(), reason=type(error).__name__)

    async def _carry_out(self, skill: Skill, run: JobRun) -> None:
        about = {"job": run.id, "kind": skill.kind, "subject": run.subject, "attempt": run.attempt}
        log.info("job_started", **about)
        try:
            result = await skill.work(run)
            await run.finish(result)
            log.info("job_done", **about)
        except LostJobError:
            log.warning("job_lost", **about)
        except asyncio.CancelledError:
            with suppress(LostJobError, TimeoutError, VoxhallError):
                async with asyncio.timeout(RELEASE_TIMEOUT_S):
                    await run.release()
            raise
        except GiveUpError as error:
            await self._fail(run, str(error), is_final=True)
        except Exception as error:
            log.exception("job_attempt_failed", **about)
            sentence = error.message if isinstance(error, VoxhallError) else f"{type(error).__name__}: {error}"
            await self._fail(run, sentence, is_final=False)

    async def _fail(self, run: JobRun, error: str, *, is_final: bool) -> None:
        with suppress(LostJobError):
            await run.fail(error, is_final=is_final)

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            if not self._running:
                continue
            held = {run.id: (task, run) for task, (_, run) in self._running.items()}
            rows: JsonObject = {"jobs": [[run.id, run.attempt, run.progress] for _, run in held.values()]}
            try:
                lost = (await self.say("jobs_renew", rows))["lost"]
            except RemoteError as error:
                log.error("jobs_not_renewed", reason=error.code)
                continue
            for job_id in lost if isinstance(lost, list) else []:
                if str(job_id) in held:
                    held[str(job_id)][0].cancel()
