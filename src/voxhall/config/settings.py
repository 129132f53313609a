"""Everything that can be set, in one frozen value; `sources` says where it comes from."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from voxhall.config.forms import Color, DomainName, MailServer, Origin, PostgresqlUrl, Sender
from voxhall.config.providers import ID_PATTERN, Provider

DEFAULT_DATA = Path("voxhall-data")

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
    public_url: Origin | None = Field(
        None,
        description="What people type, as in https://live.example.org; without it, the address it listens on.",
    )
    domain: DomainName | None = Field(
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
        "Voxhall",
        min_length=1,
        max_length=60,
        description="What this server is called: pages, home screens, previews, mail.",
    )
    site_accent: Color | None = Field(
        None,
        description="The colour of what is live and of the main action, as in #0b6e4f; made darker for light pages and "
        "lighter for dark ones as far as it must be to be read.",
    )
    site_logo: Path | None = Field(
        None,
        description="A PNG that stands where the mark does (pages, tab, home screens, previews): square or nearly, "
        "512 to 4096 pixels, at most 4 MiB.",
    )
    media_port: Port = Field(8401, description="The one UDP and TCP port that carries the sound.")
    media_address: tuple[str, ...] = Field(
        (),
        description="The addresses told to browsers, comma-separated; without it, those of this machine's interfaces.",
    )
    media_max_peers: int = Field(
        10_000, ge=1, description="Connections the media node takes; one more is told that the server is full."
    )
    media_frame_ms: Literal["auto", "20", "40", "60"] = Field(
        "auto",
        description="How much sound a packet carries to a listener, in milliseconds. `auto`: 20, and more as the node "
        "fills. 40 and 60 halve and third the packets, where a provider counts them, for as much more delay.",
    )
    media_send_threads: int = Field(
        0,
        ge=0,
        le=64,
        description="Threads that send to listeners beside the one that mixes; 0: as many as there are cores for.",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="Where Prometheus asks; not public, because it tells who is busy."
    )
    metrics_port: Port = Field(8402, description="The TCP port of /metrics; 0 switches it off.")
    database_url: PostgresqlUrl | None = Field(
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
    mail_server: MailServer | None = Field(
        None,
        description="Where mail is handed in: smtp://user:password@mail.example.org:587 (with STARTTLS, which only a "
        "server on this machine may lack) or smtps://…:465; without it, no mail is sent.",
    )
    mail_from: Sender | None = Field(
        None, description="Whom mail comes from, as in Voxhall <voxhall@example.org>; needed with `mail_server`."
    )
    openid: dict[Annotated[str, Field(pattern=ID_PATTERN)], Provider] = Field(
        {},
        description="Who else may say who somebody is (OpenID Connect): a table `[openid.NAME]` for each, with "
        "`issuer`, `client_id`, `client_secret` or `client_secret_file`, and `name` as it stands on the button.",
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

    @field_validator("media_address", "push_services", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

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
    def models_folder(self) -> Path:
        return self.data / "models"

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
