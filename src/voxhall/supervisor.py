"""Runs the roles of one machine as child processes and keeps them running: a child that dies is started again, at once
the first time and with growing pauses when it keeps dying. SIGTERM goes to all of them; who has not ended when the
drain is over is killed. Status 0 after a stop that was asked for.

It holds the memory in which a media node's listeners outlive it, and never looks into it.
"""

import asyncio
import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

ROLES = ("control", "media", "worker")
# Set for the children, who say CANNOT_START only to a supervisor; a person is told 1, as by every command.
MARK = "VOXHALL_SUPERVISED"
# The status of a child that starting again cannot help: a taken port, an unusable setting (sysexits EX_CONFIG).
CANNOT_START = 78
# The worker does everything that can wait; sound and pages come first on a full machine.
WORKER_NICENESS = 10
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
# A child that lived this long is taken to be sound again.
STEADY_AFTER_S = 30.0
# Where it is set, Python compiles everything anew at each start: a killed role would be away for ten seconds, not two.
SLOW_START = "PYTHONDONTWRITEBYTECODE"
# Of the listeners' memory: 512 bytes for each of thirty thousand, taken only as they come. Whoever is beyond it joins
# anew when the node dies.
MEMORY_BYTES = 16 * 1024 * 1024
# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1


@dataclass
class _Child:
    role: str
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    failures: int = 0
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """`media_environment`: what the media node is told besides, with the descriptor of its memory, None where there is
    none."""

    def __init__(
        self,
        command_of: Callable[[str], Sequence[str]],
        drain_s: float,
        media_environment: Callable[[int | None], Mapping[str, str]] = lambda _memory: {},
    ) -> None:
        self._command_of, self._drain_s = command_of, drain_s
        self._media_environment = media_environment
        self._memory = _lasting_memory()
        self._children = [_Child(role) for role in ROLES]
        self._stopping = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Until told to stop by a signal, or until a child says that it cannot start; the answer is the exit status."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        for child in self._children:
            child.task = asyncio.create_task(self._keep_running(child))
        await self._stopping.wait()
        await self._stop()
        if self._memory is not None:
            # Nobody else holds it: with this it is gone, keys and all.
            os.close(self._memory)
        return self._status

    async def _keep_running(self, child: _Child) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started_at_s = loop.time()
            is_media = child.role == "media"
            child.process = await asyncio.create_subprocess_exec(
                *self._command_of(child.role),
                env={**_environment(), **(self._media_environment(self._memory) if is_media else {})},
                preexec_fn=_before_role(child.role, os.getpid()),
                pass_fds=(self._memory,) if is_media and self._memory is not None else (),
                start_new_session=True,
            )
            child.starts += 1
            status = await child.process.wait()
            if self._stopping.is_set():
                return
            if status == CANNOT_START and child.starts == 1:
                self._status = 1
                self._stopping.set()
                return
            child.failures = 0 if loop.time() - started_at_s > STEADY_AFTER_S else child.failures
            pause_s = 0.0 if child.failures == 0 else min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (child.failures - 1))
            child.failures += 1
            log.warning("role_died", died=child.role, status=status, starting_again_in_s=pause_s)
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _stop(self) -> None:
        tasks = [child.task for child in self._children if child.task]
        self._signal(signal.SIGTERM)
        _, late = await asyncio.wait(tasks, timeout=self._drain_s)
        if late:
            log.warning("drain_over", still_running=len(late))
            self._signal(signal.SIGKILL)
            await asyncio.wait(late)

    def _signal(self, number: int) -> None:
        for child in self._children:
            if child.process and child.process.returncode is None:
                child.process.send_signal(number)


def cannot_start(sentence: str) -> int:
    """Says why a role cannot start; the answer is the status to end with."""
    print(sentence, file=sys.stderr, flush=True)
    return CANNOT_START if MARK in os.environ else 1


def role_command(flags: Sequence[str]) -> Callable[[str], Sequence[str]]:
    """The command line of a role: this program, its role by name, and the flags that this process was given."""
    return lambda role: [sys.executable, "-m", "voxhall", "serve", "--role", role, *flags]


def _lasting_memory() -> int | None:
    """On no disk, of a size that nobody can change, and inherited only by whom it is handed to."""
    if sys.platform != "linux":
        return None
    try:
        memory = os.memfd_create("voxhall-listeners", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as error:
        log.warning("no_lasting_memory", reason=error.strerror)
        return None
    os.fchmod(memory, 0o600)
    os.ftruncate(memory, MEMORY_BYTES)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return memory


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != SLOW_START} | {MARK: "1"}


def _before_role(role: str, parent: int) -> Callable[[], None]:
    # Loaded here: between fork and exec nothing may be imported.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def before() -> None:
        # Without its supervisor a role would hold the ports and nobody would start it again.
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)
        if role == "worker":
            os.nice(WORKER_NICENESS)

    return before
