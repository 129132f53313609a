"""A worker in a process of its own that does one kind of job, in steps, and kills itself with SIGKILL where the test
says: `python -m tests.jobs.writer SOCKET FOLDER POINT`. The points of one job stand in POINTS, in their order.
"""

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path

from voxhall.errors import JsonObject
from voxhall.kit.jobs.worker import JobRun, Skill, Worker
from voxhall.kit.link_ends import LinkClient

POINTS = ("claimed", "half written", "written", "first kept", "renamed", "second kept", "told", "before finish")


async def main(socket: Path, folder: Path, point: str) -> None:
    def here(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def write(run: JobRun) -> JsonObject:
        here("claimed")
        file = folder / f"{run.subject}.txt"

        async def compose() -> JsonObject:
            text = "".join(f"{number} bottles\n" for number in range(int(str(run.payload["lines"]))))
            half = file.with_suffix(f".{run.attempt}.part")
            half.write_text(text[: len(text) // 2])
            here("half written")
            half.write_text(text)
            here("written")
            return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "part": half.name}

        composed = await run.step("compose", compose)
        here("first kept")

        async def publish() -> JsonObject:
            part = folder / str(composed["part"])
            if part.exists():
                part.replace(file)
            here("renamed")
            return {}

        await run.step("publish", publish)
        here("second kept")
        await run.tell({"published": file.name})
        here("told")
        here("before finish")
        return {"sha256": composed["sha256"]}

    worker = Worker([Skill("write", write)])
    async with LinkClient(socket, {"role": "worker", "name": f"wo_{os.getpid()}"}, worker):
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
