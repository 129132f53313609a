"""The worker's process: what it can do, put together. Everything heavy is loaded when the first job wants it."""

import asyncio
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from voxhall.config import Settings
from voxhall.kit.jobs.worker import Skill, Worker
from voxhall.kit.link_ends import LinkClient
from voxhall.notifications.sending import Sending
from voxhall.recordings.downloads.making import Making
from voxhall.recordings.transcript.hearing import Hearing
from voxhall.speech.models import fetched_model_folder
from voxhall.speech.recogniser import Recogniser

if TYPE_CHECKING:
    from voxhall.speech.engine import Engine

# Spaces that are listened to at once: each costs a look at its folder a second, the recogniser is one for all.
MOST_SPACES = 100
# A host with a hundred thousand followers keeps nobody else's news waiting.
TELLINGS_AT_ONCE = 8


async def run_worker(settings: Settings) -> None:
    """Until cancelled."""
    recogniser = Recogniser(lambda: _load_engine(settings))
    hearing = Hearing(settings.data, recogniser, asyncio.get_running_loop().time)
    making = Making(settings.data)
    sending = Sending(settings)
    skills = [Skill("downloads", making.make), Skill("notify", sending.notify, at_once=TELLINGS_AT_ONCE)]
    if settings.speech_model != "off":
        skills.append(Skill("transcribe", hearing.transcribe, at_once=MOST_SPACES))
    worker = Worker(skills)
    recognising = asyncio.create_task(recogniser.run())
    try:
        async with LinkClient(settings.link_socket, {"role": "worker", "name": f"wo_{secrets.token_hex(8)}"}, worker):
            await worker.run()
    finally:
        recognising.cancel()
        with suppress(asyncio.CancelledError):
            await recognising
        hearing.close()
        making.close()
        await sending.close()


def _load_engine(settings: Settings) -> "Engine":
    from voxhall.speech.whisper import Whisper

    threads = settings.speech_threads or max(1, (os.cpu_count() or 2) // 2)
    return Whisper(fetched_model_folder(settings.speech_model, settings.models_folder), threads)
