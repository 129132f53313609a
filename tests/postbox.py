"""A mail server on this machine, and what it was handed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope


class Postbox:
    """`refusals`: what it says instead of taking the next letters, one each."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.refusals: list[str] = []
        self.settings: dict[str, Any] = {}

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        self.received.append(envelope)
        return "250 OK"

    def letters(self) -> list[tuple[str, EmailMessage]]:
        """To whom, and the letter as a mail program reads it."""
        parser = BytesParser(policy=default)
        return [(one.rcpt_tos[0], parser.parsebytes(cast(bytes, one.content))) for one in self.received]


@asynccontextmanager
async def open_postbox() -> AsyncIterator[Postbox]:
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, hostname="mx"), "127.0.0.1", 0)
    async with server:
        box.settings = {
            "mail_server": f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "mail_from": "Voxhall <voxhall@example.org>",
        }
        yield box


def text_of(letter: EmailMessage, subtype: str = "plain") -> str:
    body = letter.get_body((subtype,))
    assert body is not None
    return str(body.get_content())
