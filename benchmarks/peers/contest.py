"""Who meets whom: the scenes, and the rivals as they are set up for each."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scene:
    """A stage. Who does not talk has an open microphone in a quiet place."""

    speakers: int
    talking: int


@dataclass(frozen=True)
class Rival:
    """A server that is up, with the scene set."""

    # Listeners POST to …/whep and speakers to …/whip below it.
    address: str
    # All of the server and nothing else.
    pids: Sequence[int]
    # One for each speaker who comes with the crowd; empty where speakers are sent another way.
    tokens: Sequence[str]
    # What stands before a command that is to see the server.
    inside: Sequence[str] = ()


Start = Callable[[Scene, Path], AbstractContextManager[Rival]]

ONE_OF_THREE = Scene(3, 1)
THREE_OF_TEN = Scene(10, 3)
TEN = Scene(10, 10)
# What a mixer in front of the server would send; for those who cannot mix.
ONE_MIX = Scene(1, 1)
SCENES = {"one of three": ONE_OF_THREE, "three of ten": THREE_OF_TEN, "all of ten": TEN, "one mix": ONE_MIX}


@dataclass(frozen=True)
class Entry:
    """A server in a scene."""

    rival: str
    scene: str
    start: Start
    # Whether each listener is sent every speaker, or all as one.
    forwards: bool = False
    # The share of the listeners that are asked for: less is what one core carries of the dearest, and more is wanted of
    # one whose price would be lost in what its scene costs.
    share: float = 1.0
    # Fast enough for a short run; LiveKit spends a third of its core on it.
    joins_per_s: int = 25

    @property
    def name(self) -> str:
        return f"{self.rival}: {self.scene}"

    @property
    def voices(self) -> int:
        return SCENES[self.scene].speakers if self.forwards else 1
