"""Everything that can be set, once, in one frozen value.

A setting comes from, first found: the command line, `VOXHALL_NAME` in the environment, `VOXHALL_NAME_FILE` (a file
that holds a secret), the TOML file, its default here. A name that is none of these is an error, so that a typing
mistake is never silently the default.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from voxhall.errors import SettingsError

PREFIX = "VOXHALL_"
# Not settings: what the client commands read, what the supervisor tells its children, what a test suite says to itself.
NOT_SETTINGS = frozenset({"VOXHALL_CONFIG", "VOXHALL_SERVER", "VOXHALL_TOKEN", "VOXHALL_SPACE", "VOXHALL_SUPERVISED"})
FOREIGN_PREFIXES = ("VOXHALL_TEST_", "VOXHALL_BENCH_")
DEFAULT_DATA = Path("voxhall-data")
# The settings file that needs no naming, in the data folder.
FILE_NAME = "voxhall.toml"

Role = Literal["all", "control", "media", "worker"]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(DEFAULT_DATA, description="Everything the server stores is under this folder.")
    role: Role = Field("all", description="Which part this process is; `all` starts and supervises the three.")
    host: str = Field(
        "127.0.0.1", description="The address the pages and the API listen on; a reverse proxy stands before it."
    )
    port: Port = Field(8400, description="The TCP port of the pages and the API.")
    public_url: str | None = Field(
        None,
        description="What people type, as in https://live.example.org; without it, the address it listens on.",
    )
    domain: str | None = Field(
        None,
        description="A name that leads to this server: it gets its certificate by itself (ACME), and listens on "
        "0.0.0.0, 443 and 80 unless told otherwise.",
    )
    tls: Literal["self"] | None = Field(
        None, description="`self` makes a small certificate authority for a local network; /tls says how to trust it."
    )
    tls_cert: Path | None = Field(
        None, description="A certificate with its chain, PEM; followed, so a renewed one is used without a restart."
    )
    tls_key: Path | None = Field(None, description="The private key of `tls_cert`, PEM, without a password.")
    http_port: Port = Field(
        0,
        description="A second port that sends plain HTTP to https and answers the certificate authority; 0 is none, "
        "with `domain` it is 80.",
    )
    acme_directory: str = Field(
        "https://acme-v02.api.letsencrypt.org/directory", description="The certificate authority that `domain` asks."
    )
    acme_email: str | None = Field(None, description="Where the certificate authority writes to if something is wrong.")
    site_name: str = Field(
        "Voxhall", min_length=1, max_length=60, description="What this server is called, on its pages and in previews."
    )
    media_port: Port = Field(8401, description="The one UDP and TCP port that carries the sound.")
    media_address: tuple[str, ...] = Field(
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
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`auto` writes text to a terminal and JSON to everything else."
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
    speech_model: str = Field(
        "base",
        description=(
            "What makes words of speech: `base` (many languages), `tiny.en` (English, half the work), any other "
            "faster-whisper model by its name (`small`, `large-v3-turbo`, …; fetched once from Hugging Face), by "
            "`owner/model` or by its folder, or `off`."
        ),
    )
    speech_threads: int = Field(
        0, ge=0, le=64, description="Threads for it; 0 is half of the processors, so that sound and pages keep theirs."
    )
    mail_server: SecretStr | None = Field(
        None,
        description="Where mail is handed in: smtp://user:password@mail.example.org:587 (with STARTTLS, which only a "
        "server on this machine may lack) or smtps://…:465; without it, no mail is sent.",
    )
    mail_from: str | None = Field(
        None, description="Whom mail comes from, as in Voxhall <voxhall@example.org>; needed with `mail_server`."
    )
    push_services: tuple[str, ...] = Field(
        (
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            ".push.services.mozilla.com",
            ".push.apple.com",
            ".notify.windows.com",
        ),
        description="The hosts that notifications are handed to, comma-separated: those of the browsers' makers. A "
        "leading dot is for all below; no other address that a browser names is ever called.",
    )
    sign_ups_per_hour: int = Field(
        200,
        ge=1,
        description="New accounts from one address; a school behind one router still gets in within the lesson.",
    )
    failed_sign_ins_per_5_minutes: int = Field(
        10, ge=1, description="Wrong passwords for one handle from one address, before both wait."
    )

    @model_validator(mode="before")
    @classmethod
    def _what_tls_implies(cls, given: Any) -> Any:
        """Who asks for TLS here means this process to be what people reach."""
        if not isinstance(given, dict):
            return given
        if domain := given.get("domain"):
            return {"host": "0.0.0.0", "port": 443, "http_port": 80, "public_url": f"https://{domain}"} | given  # noqa: S104
        return {"host": "0.0.0.0"} | given if given.get("tls") or given.get("tls_cert") else given  # noqa: S104

    @model_validator(mode="after")
    def _one_source_of_certificates(self) -> "Settings":
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key belong together")
        if sum(map(bool, (self.domain, self.tls, self.tls_cert))) > 1:
            raise ValueError("of domain, tls and tls_cert only one can be set")
        if self.mail_server is not None and self.mail_from is None:
            raise ValueError("mail_server needs mail_from")
        return self

    @field_validator("domain")
    @classmethod
    def _is_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", value):
            raise ValueError("must be a name as in live.example.org, in small letters")
        return value

    @field_validator("mail_server")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                parts = urlsplit(value.get_secret_value())
                is_smtp = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and (parts.port or 25) > 0
            except ValueError:
                is_smtp = False
            if not is_smtp:
                raise ValueError("must be as in smtps://user:password@mail.example.org:465")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        if value is not None and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("must be an address, as in Voxhall <voxhall@example.org>")
        return value

    @field_validator("media_address", "push_services", mode="before")
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
        scheme = "https" if self.is_tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_tls(self) -> bool:
        """Whether this process itself speaks https, without a proxy."""
        return bool(self.domain or self.tls or self.tls_cert)

    @property
    def public_host(self) -> str | None:
        return urlsplit(self.public_url).hostname if self.public_url else None

    @property
    def authority_folder(self) -> Path:
        return self.data / "certificates" / "self"

    @property
    def acme_folder(self) -> Path:
        return self.data / "certificates" / "acme"

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

    @property
    def use_lock(self) -> Path:
        """Shared by every process that uses the data folder; held alone by one that replaces what is in it."""
        return self.run_folder / "use.lock"


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
        given = _from_file(flags.get("config"), given.get("data", (DEFAULT_DATA, ""))[0]) | given
        settings = Settings(**{name: value for name, (value, _) in given.items()})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(problem), given) for problem in error.errors())) from None
    return settings, {name: source for name, (_, source) in given.items()}


def _from_environment() -> dict[str, tuple[Any, str]]:
    variables = {PREFIX + name.upper(): name for name in Settings.model_fields}
    files = {f"{PREFIX}{name.upper()}_FILE": name for name, field in Settings.model_fields.items() if is_secret(field)}
    found: dict[str, tuple[Any, str]] = {}
    for variable, value in sorted(os.environ.items()):
        upper = variable.upper()
        if not upper.startswith(PREFIX) or upper in NOT_SETTINGS or upper.startswith(FOREIGN_PREFIXES):
            continue
        if upper in variables:
            # Empty is how a compose file says "not set".
            if value:
                found[variables[upper]] = (value, variable)
        elif upper in files:
            if value and files[upper] not in found:
                found[files[upper]] = (_read_secret(Path(value), variable), variable)
        else:
            raise SettingsError(_unknown(variable, [*variables, *files, *NOT_SETTINGS]))
    # In sorted order NAME comes before NAME_FILE, so the value itself has been found first.
    return found


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
    return f"{called} is not acceptable: {problem['msg'].removeprefix('Value error, ')}."
