"""Where settings come from.

First found: the command line, `VOXHALL_NAME` in the environment, `VOXHALL_NAME_FILE` (a file that holds a secret), the
TOML file, the default. A name that is none of these is an error, so that a typing mistake is never silently the
default.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from voxhall.config import providers
from voxhall.config.settings import DEFAULT_DATA, Settings
from voxhall.errors import SettingsError

PREFIX = "VOXHALL_"
# Not settings: what the client commands read, what the supervisor tells its children, what a test suite says to itself.
NOT_SETTINGS = frozenset(
    {"VOXHALL_CONFIG", "VOXHALL_SERVER", "VOXHALL_TOKEN", "VOXHALL_SPACE", "VOXHALL_SUPERVISED", "VOXHALL_MEDIA_NODE"}
)
FOREIGN_PREFIXES = ("VOXHALL_TEST_", "VOXHALL_BENCH_")
# The settings file that needs no naming, in the data folder.
FILE_NAME = "voxhall.toml"
OPENID = f"{PREFIX}OPENID_"


def load(flags: Mapping[str, Any]) -> Settings:
    """The settings, with the command line's flags (those that are not None) before everything else."""
    return load_with_sources(flags)[0]


def load_with_sources(flags: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings, and for each that is not its default, where it came from: a flag, a variable or a file.

    `flags` may name the settings file as `config`; without it and VOXHALL_CONFIG it is voxhall.toml in the data folder,
    if there is one.
    """
    given: dict[str, tuple[Any, str]] = {
        name: (value, "--" + name.replace("_", "-"))
        for name, value in flags.items()
        if value is not None and name != "config"
    }
    given = _from_environment() | given
    try:
        in_file = _from_file(flags.get("config"), given.get("data", (DEFAULT_DATA, ""))[0])
        given = in_file | given
        if "openid" in given and "openid" in in_file:
            given["openid"] = (_both(in_file["openid"][0], given["openid"][0]), given["openid"][1])
        settings = Settings(**{name: value for name, (value, _) in given.items()})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(problem), given) for problem in error.errors())) from None
    return settings, {name: source for name, (_, source) in given.items()}


def variables_of(name: str, field: FieldInfo) -> list[str]:
    """The names under which the environment may hold a setting."""
    if name == "openid":
        return [f"{OPENID}NAME_{part.upper()}" for part in providers.FIELDS]
    variable = f"{PREFIX}{name.upper()}"
    return [variable, f"{variable}_FILE"] if is_secret(field) else [variable]


def _from_environment() -> dict[str, tuple[Any, str]]:
    known = {variable: name for name, field in Settings.model_fields.items() for variable in variables_of(name, field)}
    found: dict[str, tuple[Any, str]] = {}
    tables: dict[str, dict[str, str]] = {}
    # In sorted order NAME comes before NAME_FILE, so the value itself is found first.
    for variable, value in sorted(os.environ.items()):
        upper = variable.upper()
        if not upper.startswith(PREFIX) or upper in NOT_SETTINGS or upper.startswith(FOREIGN_PREFIXES):
            continue
        of_provider = providers.read_variable(upper.removeprefix(OPENID)) if upper.startswith(OPENID) else None
        if of_provider is None and upper not in known:
            raise SettingsError(_unknown(variable, [*known, *NOT_SETTINGS]))
        # Empty is how a compose file says "not set".
        if not value:
            continue
        if of_provider is not None:
            provider, field = of_provider
            tables.setdefault(provider, {})[field] = value
            found["openid"] = (tables, f"{OPENID}{provider.upper()}_…")
        elif not upper.endswith("_FILE"):
            found[known[upper]] = (value, variable)
        elif known[upper] not in found:
            found[known[upper]] = (_read_secret(Path(value), variable), variable)
    return found


def _both(in_file: Any, in_environment: dict[str, dict[str, str]]) -> Any:
    """What the environment says of a provider comes before the same in the file."""
    if not isinstance(in_file, dict):
        return in_file
    names = dict.fromkeys([*in_file, *in_environment])
    return {
        name: {**table, **in_environment.get(name, {})} if isinstance(table := in_file.get(name, {}), dict) else table
        for name in names
    }


def _read_secret(path: Path, variable: str) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file that {variable} names cannot be read: {type(error).__name__}.") from None


def _from_file(named: str | Path | None, data: str | Path) -> dict[str, tuple[Any, str]]:
    chosen = named or os.environ.get(f"{PREFIX}CONFIG")
    path = Path(chosen) if chosen else Path(data) / FILE_NAME
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if not chosen:
            return {}
        raise SettingsError(f"The settings file {path} does not exist.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {type(error).__name__}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from None
    for name in content:
        if name not in Settings.model_fields:
            raise SettingsError(_unknown(name, Settings.model_fields, f" in {path}"))
    if "data" in content and not chosen:
        raise SettingsError(f"data in {path} names the folder that the file was found by; take the line out.")
    return {name: (value, str(path)) for name, value in content.items()}


def _unknown(name: str, known: Iterable[str], place: str = "") -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{name} is set{place}, but there is no such setting.{hint}"


def is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _sentence(problem: dict[str, Any], given: Mapping[str, tuple[Any, str]]) -> str:
    """Names the setting as whoever set it knows it, and never shows the value."""
    if not problem["loc"]:
        return f"The settings do not go together: {problem['msg'].removeprefix('Value error, ')}."
    name = str(problem["loc"][0])
    source = given[name][1] if name in given else name
    called = source if source.startswith(("--", PREFIX)) else f"{name} in {source}"
    if name == "openid" and len(problem["loc"]) > 1:
        called = f"{'.'.join(map(str, problem['loc'][:3]))} in {source}"
    return f"{called} is not acceptable: {problem['msg'].removeprefix('Value error, ')}."
