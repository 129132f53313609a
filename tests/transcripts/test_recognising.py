"""The whole way of a track, without a server: nothing is invented, languages come out as they are spoken."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.speech import MODEL, RECORDINGS, decode, words_of
from tests.running import free_port
from tests.transcripts.hub import hub
from tests.transcripts.noises import NOISES, RATE_HZ, Samples
from tests.transcripts.recorded import tiny
from tests.transcripts.scoring import word_errors
from voxhall.speech.engine import Engine, Word
from voxhall.speech.models import BASE_SHA256, NoModelError, model_folder
from voxhall.speech.track import Ears, Voice
from voxhall.speech.whisper import Whisper

LOAD = """
import sys
from pathlib import Path
from voxhall.speech.models import NoModelError, fetched_model_folder
from voxhall.speech.whisper import Whisper
try:
    print(sorted(Whisper(fetched_model_folder(sys.argv[1], Path(sys.argv[2])), 1).languages))
except NoModelError as error:
    print(error.message)
"""
GERMAN = "Guten Abend und willkommen. Heute sprechen wir über die Geschichte der Eisenbahn in Deutschland."
SPANISH = "Buenas noches y bienvenidos. Hoy vamos a hablar de la historia del ferrocarril en España."


@pytest.fixture(scope="module")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_folder("base", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Whisper:
    return Whisper(base_folder, threads=2)


def understood(engine: Engine, samples: Samples, hint: str | None = None) -> tuple[set[str], list[Word]]:
    """The languages and the words, the sound fed as it comes from a tape."""
    ears, voice = Ears(), Voice(hint)
    pieces = np.array_split(samples, max(1, len(samples) // 4000))
    chunks = [chunk for piece in pieces for chunk in ears.hear(piece)] + ears.end()
    heard = [voice.understand(engine, chunk) for chunk in chunks]
    return {language for language, _ in heard}, [word for _, words in heard for word, _, _ in words]


def as_samples(path: Path) -> Samples:
    return np.divide(decode(path.read_bytes(), RATE_HZ), 32768, dtype=np.float32)


@pytest.mark.parametrize("name", sorted(NOISES))
def test_where_nobody_speaks_nothing_is_invented(name: str, base: Whisper) -> None:
    for engine in (tiny(), base):
        _, words = understood(engine, NOISES[name]())
        assert " ".join(word.text for word in words) == ""


def test_noise_around_speech_neither_hides_it_nor_adds_to_it(base: Whisper) -> None:
    beckett = as_samples(RECORDINGS / "beckett.wav") * 3
    sound = np.concatenate([NOISES["coughs"](), beckett, NOISES["laughter"](), NOISES["music"]()])
    _, words = understood(base, sound)
    spoken = words_of("ever tried ever failed no matter try again fail again fail better")
    assert word_errors(spoken, words_of(" ".join(word.text for word in words))) <= 0.1


@pytest.mark.parametrize(("language", "text"), [("de", GERMAN), ("es", SPANISH)])
def test_another_language_comes_out_in_that_language(language: str, text: str, base: Whisper, tmp_path: Path) -> None:
    """Even where the space says that it is English."""
    file = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", language, "-s", "140", "-w", file, text], check=True)
    languages, words = understood(base, as_samples(file), hint="en")
    assert languages == {language}
    spoken = text.lower().replace(".", "").split()
    heard = [word.text.lower().strip(".,") for word in words]
    assert word_errors(spoken, heard) <= 0.25, heard


def test_the_base_model_is_the_official_one_however_its_parts_came(base_folder: Path) -> None:
    assert hashlib.sha256((base_folder / "model.bin").read_bytes()).hexdigest() == BASE_SHA256
    assert {path.name for path in base_folder.iterdir()} == {
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    }
    # Nothing is left of the joining, and a second time costs nothing.
    assert [path.name for path in base_folder.parent.iterdir()] == [base_folder.name]
    assert model_folder("base", base_folder.parent) == base_folder


def test_any_other_model_is_fetched_by_its_name_once(tmp_path: Path) -> None:
    """In a process of its own: where the hub is, is read when its library is imported."""

    def loaded(name: str, address: str) -> str:
        command = [sys.executable, "-c", LOAD, name, str(tmp_path / "models")]
        return subprocess.check_output(command, env=os.environ | {"HF_ENDPOINT": address}, text=True)

    nowhere = f"http://127.0.0.1:{free_port(socket.SOCK_STREAM)}"
    assert loaded("small.en", nowhere).startswith("The speech model 'small.en' could not be fetched: ")
    with hub(MODEL) as (address, asked):
        for name in ("small.en", "somebody/whisper-of-theirs"):
            assert loaded(name, address) == "['en']\n"
        assert [path.split("/")[3] for path in asked] == ["Systran", "somebody"]
    # And from then on nobody is asked.
    assert loaded("small.en", nowhere) == "['en']\n"


def test_any_folder_with_a_model_is_one_and_what_is_none_says_so(base_folder: Path, tmp_path: Path) -> None:
    assert model_folder(str(base_folder), tmp_path) == base_folder
    for wrong in ("huge", str(tmp_path), "../models"):
        with pytest.raises(NoModelError):
            model_folder(wrong, tmp_path)
