"""OpenID Connect providers as an operator names them: a table in the settings file, or variables, for each."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

# Stands in addresses and in names of variables, where `_` divides.
ID_PATTERN = r"^[a-z0-9]{1,20}$"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Provider(BaseModel):
    """Somebody else's server that says who somebody is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    # As the provider itself writes it, to the letter: it is compared with what is signed.
    issuer: str
    client_id: str = Field(min_length=1, max_length=300)
    # Some providers give none to a client that proves itself by PKCE.
    client_secret: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "client_secret_file" not in given:
            return given
        given = dict(given)
        path = given.pop("client_secret_file")
        if "client_secret" in given:
            return given
        try:
            return {**given, "client_secret": Path(path).read_text().strip()}
        except (OSError, UnicodeDecodeError, TypeError) as error:
            raise ValueError(f"client_secret_file cannot be read: {type(error).__name__}") from None

    @field_validator("issuer")
    @classmethod
    def _is_issuer(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            is_right = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
            is_right = is_right and bool(parts.hostname) and not (parts.query or parts.fragment or "@" in parts.netloc)
        except ValueError:
            is_right = False
        if not is_right:
            raise ValueError("must be an https address without a query, as the provider writes it")
        return value


FIELDS = ("issuer", "client_id", "client_secret", "client_secret_file", "name")
_VARIABLE = re.compile(rf"([A-Z0-9]{{1,20}})_({'|'.join(field.upper() for field in FIELDS)})")


def read_variable(rest: str) -> tuple[str, str] | None:
    """Of `VOXHALL_OPENID_` and this, which field of which provider; None for no such variable."""
    match = _VARIABLE.fullmatch(rest)
    return (match[1].lower(), match[2].lower()) if match else None
