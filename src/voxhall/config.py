"""Everything that can be set, once, in one frozen value.

A setting comes from, first found: the command line, `VOXHALL_NAME` in the environment, `VOXHALL_NAME_FILE` (a file
that holds a secret), the TOML file, its default here. A name that is none of these is an error, so that a typing
mistake is never silently the default.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "VOXHALL_"
# Not settings: what the client commands read, what the supervisor tells its children, what a test suite says to itself.
CLIENT_VARIABLES = frozenset(
    {"VOXHALL_CONFIG", "VOXHALL_SERVER", "VOXHALL_TOKEN", "VOXHALL_SPACE", "VOXHALL_SUPERVISED"}
)
FOREIGN_PREFIXES = ("VOXHALL_TEST_", "VOXHALL_BENCH_")

Role = Literal["all", "control", "media", "worker"]
Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsError(ValueError):
    """A setting that cannot be used, in one sentence that names it and never shows its value."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data: Path = Field(Path("voxhall-data"), description="Everything the server stores is under this folder.")
    role: Role = Field("all", description="Which part this process is; `all` starts and supervises the three.")
    host: str = Field(
        "127.0.0.1", description="The address the pages and the API listen on; a reverse proxy stands before it."
    )
    port: Port = Field(8400, description="The TCP port of the pages and the API.")
    public_url: str | None = Field(
        None,
        description="What people type, as in https://live.example.org; without it, the address it listens on.",
    )
    media_port: Port = Field(8401, description="The one UDP and TCP port that carries the sound.")
    media_address: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="The addresses told to browsers, comma-separated; without it, those of this machine's interfaces.",
    )
    media_max_peers: int = Field(
        10_000, ge=1, description="Connections the media node takes; one more is told that the server is full."
    )
    metrics_host: str = Field(
        "127.0.0.1", description="Where Prometheus asks; not public, because it tells who is busy."
    )
    metrics_port: Port = Field(8402, description="The TCP port of /metrics; 0 switches it off.")
    database_url: SecretStr | None = Field(
        None, description="postgresql://user:password@host/name; without it, SQLite in the data folder."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Who may say in X-Forwarded-For and -Proto whom a request comes from."
    )
    drain_s: float = Field(
        20.0, ge=0, le=600, description="How long a stopping server waits for what is under way before it cuts it off."
    )
    free_disk_bytes: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="With less room than this under `data` the server says that it is not ready.",
    )
    sign_ups_per_hour: int = Field(
        200,
        ge=1,
        description="New accounts from one address; a school behind one router still gets in within the lesson.",
    )
    failed_sign_ins_per_5_minutes: int = Field(
        10, ge=1, description="Wrong passwords for one handle from one address, before both wait."
    )

    @field_validator("media_address", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = value.rstrip("/")
        scheme, _, rest = value.partition("://")
        if scheme not in {"http", "https"} or not rest or set(rest) & set("/?#@ "):
            raise ValueError("must be http:// or https:// and a host, without a path")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value

    @property
    def address(self) -> str:
        """What people open: the public address, or the one we listen on in words a browser understands."""
        if self.public_url:
            return self.public_url
        host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def run_folder(self) -> Path:
        return self.data / "run"

    @property
    def link_socket(self) -> Path:
        return self.run_folder / "link.sock"

    @property
    def control_lock(self) -> Path:
        """Held by the one process that has the database open."""
        return self.run_folder / "control.lock"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        toml = os.environ.get(f"{PREFIX}CONFIG")
        sources = (init_settings, env_settings, _SecretFiles(settings_cls))
        return (*sources, TomlConfigSettingsSource(settings_cls, Path(toml))) if toml else sources


class _SecretFiles(PydanticBaseSettingsSource):
    """`VOXHALL_DATABASE_URL_FILE=/run/secrets/database` for the fields that are secret."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(_file_variable(field_name)) if _is_secret(field) else None
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def load(flags: Mapping[str, Any]) -> Settings:
    """The settings, with the command line's flags (those that are not None) before everything else."""
    _refuse_unknown_variables()
    path = os.environ.get(f"{PREFIX}CONFIG")
    if path and not Path(path).is_file():
        raise SettingsError(f"The settings file {path} does not exist.")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(problem)) for problem in error.errors())) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings cannot be read: {type(error).__name__}.") from None


def _refuse_unknown_variables() -> None:
    known = set(CLIENT_VARIABLES)
    for name, field in Settings.model_fields.items():
        known.add(PREFIX + name.upper())
        if _is_secret(field):
            known.add(_file_variable(name))
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known and not name.startswith(FOREIGN_PREFIXES):
            raise SettingsError(f"{name} is set, but there is no such setting.")


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _file_variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}_FILE"


def _sentence(problem: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{name} is set, but there is no such setting."
    return f"{PREFIX}{name.upper()} is not acceptable: {problem['msg'].removeprefix('Value error, ')}."
