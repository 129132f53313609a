"""The forms that single settings have, each with the sentence for what has another."""

import re
from email.utils import parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr


def _is_color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("must be a colour as in #0b6e4f")
    return value.lower()


def _is_origin(value: str) -> str:
    value = value.rstrip("/")
    scheme, _, rest = value.partition("://")
    if scheme not in {"http", "https"} or not rest or set(rest) & set("/?#@ "):
        raise ValueError("must be http:// or https:// and a host, without a path")
    return value


def _is_name(value: str) -> str:
    if not re.fullmatch(r"(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", value):
        raise ValueError("must be a name as in live.example.org, in small letters")
    return value


def _is_smtp(value: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(value.get_secret_value())
        is_smtp = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and (parts.port or 25) > 0
    except ValueError:
        is_smtp = False
    if not is_smtp:
        raise ValueError("must be as in smtps://user:password@mail.example.org:465")
    return value


def _is_sender(value: str) -> str:
    if "@" not in parseaddr(value)[1] or not value.isprintable():
        raise ValueError("must be an address, as in Voxhall <voxhall@example.org>")
    return value


def _is_postgresql(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value


Color = Annotated[str, AfterValidator(_is_color)]
Origin = Annotated[str, AfterValidator(_is_origin)]
DomainName = Annotated[str, AfterValidator(_is_name)]
MailServer = Annotated[SecretStr, AfterValidator(_is_smtp)]
Sender = Annotated[str, AfterValidator(_is_sender)]
PostgresqlUrl = Annotated[SecretStr, AfterValidator(_is_postgresql)]
