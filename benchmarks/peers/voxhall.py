"""Voxhall itself, as `benchmarks/listeners.py` starts it: node, control plane, worker and supervisor all count."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.listeners import process_of, space_address
from benchmarks.peers.contest import Entry, Rival, Scene
from benchmarks.peers.processes import SERVER_CORE, on_core
from tests.running import ROLES, running_server

# Equal frames for all: the others forward 20 ms as they come. Words are off: no rival makes any.
SETTINGS = {"VOXHALL_MEDIA_FRAME_MS": "20", "VOXHALL_SPEECH_MODEL": "off"}


@contextmanager
def started(scene: Scene, folder: Path) -> Iterator[Rival]:
    with ExitStack() as stack:
        with on_core(SERVER_CORE):
            server = stack.enter_context(running_server(folder, settings=SETTINGS))
        people = [server.new_account(f"speaker{number}") for number in range(scene.speakers)]
        space = server.open_space(people[0])
        pids = [server.process.pid, *(process_of(server, role) for role in ROLES)]
        yield Rival(space_address(server, space), pids, [person.token for person in people])


# Of seventy more the price is less than what the mix of ten differs by from second to second.
ENTRIES = [
    Entry("Voxhall", scene, started, share=10, joins_per_s=100)
    for scene in ("one of three", "three of ten", "all of ten")
]
