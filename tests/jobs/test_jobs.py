"""Jobs, on both databases, with real workers on the real link."""

import asyncio
from datetime import timedelta

import pytest

from tests.jobs.office import Office
from tests.running import eventually
from voxhall.errors import JsonObject
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import LEASE, MAX_FAILURES, Job, JobLostError, JobState, delay_before_retry
from voxhall.kit.jobs.queue import Kind
from voxhall.kit.jobs.worker import GiveUpError, JobRun, Skill

LOOKS_NEVER_S = 3600.0


async def greet(run: JobRun) -> JsonObject:
    return {"hello": run.payload["name"]}


async def test_a_job_is_done_once_and_its_effect_is_part_of_its_end(office: Office) -> None:
    assert await office.enqueue("write", "greeting", name="ana")
    assert not await office.enqueue("write", "greeting", name="ben")
    async with office.worker(Skill("write", greet)):
        job = await office.until("greeting", JobState.DONE)
    assert office.done == [{"hello": "ana"}]
    assert job.progress == 1.0
    assert not await office.enqueue("write", "greeting", name="late")


async def test_a_worker_that_waits_is_woken(office: Office) -> None:
    async with office.worker(Skill("write", greet), poll_s=LOOKS_NEVER_S):
        await office.enqueue("write", "first", name="ana")
        await office.until("first", JobState.DONE)
        await office.enqueue("write", "second", name="ben")
        await office.until("second", JobState.DONE)


async def test_what_rolls_back_enqueues_nothing(office: Office) -> None:
    async def fail_after_enqueuing() -> None:
        async with office.kit.db.write() as tx:
            await queue.enqueue(office.kit, tx, "write", {}, key="never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_enqueuing()
    assert await queue.list_jobs(office.kit, [], None, 10) == []


async def test_a_failure_is_tried_again_later_and_the_steps_that_stood_still_stand(office: Office) -> None:
    composed = 0

    async def fail_after_a_step(run: JobRun) -> JsonObject:
        async def compose() -> JsonObject:
            nonlocal composed
            composed += 1
            return {"attempt": run.attempt}

        kept = await run.step("compose", compose)
        if run.attempt < 3:
            raise RuntimeError("out of ink")
        return kept

    await office.enqueue("write", "letter")
    async with office.worker(Skill("write", fail_after_a_step)):
        for attempt in (1, 2):

            async def tried(attempt: int = attempt) -> Job | None:
                job = await office.job("letter")
                return job if job.attempt >= attempt and job.state is JobState.WAITING else None

            job = await eventually(tried)
            assert job.error == "RuntimeError: out of ink"
            assert job.run_at == office.clock.now() + delay_before_retry(job.failures)
            office.clock.advance(delay_before_retry(job.failures).total_seconds())
            # What the upkeep of a running server would bring about by and by.
            office.kit.link.links("worker")[0].send_event("jobs_waiting", {})
        await office.until("letter", JobState.DONE)
    assert composed == 1
    assert office.done == [{"attempt": 1}]


async def test_what_never_succeeds_becomes_a_dead_letter_and_can_be_tried_again(office: Office) -> None:
    await office.enqueue("write", "letter")
    for _ in range(MAX_FAILURES + 1):
        [claimed] = await queue.claim(office.kit, "wo_1", {"write": 5})
        await queue.fail(office.kit, office.kinds, claimed.job.id, claimed.job.attempt, "no stamps")
        office.clock.advance(3600)
    job = await office.job("letter")
    assert (job.state, job.error) == (JobState.FAILED, "no stamps")
    assert office.failed == ["no stamps"]
    assert await queue.claim(office.kit, "wo_1", {"write": 5}) == []

    async with office.kit.db.write() as tx:
        await queue.retry(office.kit, tx, job.id)
    async with office.worker(Skill("write", lambda run: run.tell({}))):
        await office.until("letter", JobState.DONE)


async def test_giving_up_is_final_at_once_and_says_why(office: Office) -> None:
    async def give_up(run: JobRun) -> JsonObject:
        raise GiveUpError("The address does not exist.")

    await office.enqueue("write", "letter")
    async with office.worker(Skill("write", give_up)):
        job = await office.until("letter", JobState.FAILED)
    assert job.error == "The address does not exist."
    assert office.failed == ["The address does not exist."]


async def test_an_attempt_that_was_overtaken_says_nothing_any_more(office: Office) -> None:
    """Two workers at once: the clock jumps, the lease of the first is over while it still works."""
    await office.enqueue("write", "letter")
    [first] = await queue.claim(office.kit, "wo_1", {"write": 1})
    office.clock.advance(LEASE.total_seconds() + 1)
    [second] = await queue.claim(office.kit, "wo_2", {"write": 1})
    assert second.job.id == first.job.id
    held = (office.kit, office.kinds, first.job.id, first.job.attempt)
    for word in (
        queue.tell(*held, {"from": "first"}),
        queue.finish(*held, {"from": "first"}),
        queue.fail(*held, "first"),
        queue.keep_step(office.kit, first.job.id, first.job.attempt, "compose", {}),
    ):
        with pytest.raises(JobLostError):
            await word
    assert await queue.renew(office.kit, "wo_1", [(first.job.id, first.job.attempt, 0.5)]) == [first.job.id]
    await queue.finish(office.kit, office.kinds, second.job.id, second.job.attempt, {"from": "second"})
    assert office.told == []
    assert office.done == [{"from": "second"}]
    # The answer was lost on the way: said again, it is no second effect.
    await queue.finish(office.kit, office.kinds, second.job.id, second.job.attempt, {"from": "second"})
    assert office.done == [{"from": "second"}]


async def test_a_clock_that_goes_back_takes_nothing_away(office: Office) -> None:
    await office.enqueue("write", "letter")
    [claimed] = await queue.claim(office.kit, "wo_1", {"write": 1})
    office.clock.advance(-timedelta(days=1).total_seconds())
    assert await queue.claim(office.kit, "wo_2", {"write": 1}) == []
    await queue.finish(office.kit, office.kinds, claimed.job.id, claimed.job.attempt, {})
    assert (await office.job("letter")).state is JobState.DONE


async def test_two_workers_share_many_jobs_and_do_each_once(office: Office) -> None:
    for number in range(20):
        await office.enqueue("write", f"letter {number}", name=str(number))
    skill = Skill("write", greet, at_once=3)
    async with office.worker(skill, name="wo_1"), office.worker(skill, name="wo_2"):
        for number in range(20):
            await office.until(f"letter {number}", JobState.DONE)
    assert sorted(int(str(one["hello"])) for one in office.done) == list(range(20))


async def test_a_canceled_job_is_taken_out_of_the_worker_s_hands(office: Office) -> None:
    started, was_told = asyncio.Event(), asyncio.Event()

    async def work_on(run: JobRun) -> JsonObject:
        started.set()
        await was_told.wait()
        return await run.tell({"too": "late"})

    await office.enqueue("write", "letter")
    async with office.worker(Skill("write", work_on)):
        await started.wait()
        async with office.kit.db.write() as tx:
            await queue.cancel_about(office.kit, tx, "sp_1")
        was_told.set()
        # The worker is free for the next one, and only the next one has an effect.
        await office.enqueue("write", "other")
        await office.until("other", JobState.DONE)
    assert (await office.job("letter")).state is JobState.CANCELED
    assert office.told == [{"too": "late"}]


async def test_a_worker_that_stops_gives_its_jobs_back_at_once(office: Office) -> None:
    started = asyncio.Event()

    async def never_end(run: JobRun) -> JsonObject:
        started.set()
        await asyncio.Event().wait()
        return {}

    await office.enqueue("write", "letter", name="ana")
    async with office.worker(Skill("write", never_end), name="wo_1"):
        await started.wait()
    job = await office.job("letter")
    assert (job.state, job.failures) == (JobState.WAITING, 0)
    async with office.worker(Skill("write", greet), name="wo_2"):
        await office.until("letter", JobState.DONE)


async def test_what_is_due_every_hour_is_done_once_an_hour(office: Office) -> None:
    sweep = Kind("sweep", every=timedelta(hours=1))
    for _ in range(3):
        await queue.enqueue_scheduled(office.kit, [sweep])
    office.clock.advance(3600)
    await queue.enqueue_scheduled(office.kit, [sweep])
    assert [job.kind for job in await queue.list_jobs(office.kit, [], None, 100)] == ["sweep", "sweep"]


async def test_what_is_long_over_is_forgotten_and_its_key_is_free(office: Office) -> None:
    await office.enqueue("write", "letter", name="ana")
    async with office.worker(Skill("write", greet)):
        await office.until("letter", JobState.DONE)
    office.clock.advance(timedelta(days=8).total_seconds())
    await queue.prune(office.kit)
    assert await office.enqueue("write", "letter", name="ana")
