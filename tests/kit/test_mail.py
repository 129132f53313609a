"""Letters as another mail server receives them, with and without TLS and a password."""

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from tests.running import free_port
from voxhall.config import Settings
from voxhall.errors import InvalidError
from voxhall.kit.mail import Letter, MailNotSentError, NoMailError, check_address, send

AT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
LETTER = Letter(
    "ana@example.org",
    "Ben is live:\n <b>Radio</b>",
    ["„Radio <script>alert(1)</script>“ has begun.", "حلقة المساء"],
    ("Listen", "https://live.example.org/spaces/sp_1?a=1&b=2"),
    "You follow Ben.",
    "https://live.example.org/unsubscribe/abc",
)


class Postbox:
    """What aiosmtpd calls: keeps what it gets, or answers what a test wants."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.received.append(envelope)
        return self.answer

    def letter(self) -> EmailMessage:
        [envelope] = self.received
        return BytesParser(policy=default).parsebytes(cast(bytes, envelope.content))


def _is_known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"us er", b"p@ss:word"), handled=False)


@pytest.fixture
async def postbox() -> AsyncIterator[tuple[Postbox, int]]:
    box = Postbox()

    def connected() -> SMTP:
        with warnings.catch_warnings():
            # It does not like a password without TLS, which is what is tried here.
            warnings.simplefilter("ignore")
            return SMTP(box, hostname="mx", authenticator=_is_known, auth_required=True, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    async with server:
        yield box, server.sockets[0].getsockname()[1]


def settings(port: int, who: str = "us%20er:p%40ss%3Aword") -> Settings:
    server = cast(Any, f"smtp://{who}@127.0.0.1:{port}")
    return Settings(mail_server=server, mail_from="Voxhall <voxhall@example.org>")


async def test_a_letter_says_the_same_in_text_and_html_and_nothing_in_it_is_markup(
    postbox: tuple[Postbox, int],
) -> None:
    box, port = postbox
    await send(settings(port), LETTER, AT, "nt_1")
    [envelope] = box.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("voxhall@example.org", ["ana@example.org"])
    letter = box.letter()
    assert letter["subject"] == "Ben is live: <b>Radio</b>"
    assert letter["message-id"] == "<nt_1@example.org>"
    assert letter["date"].datetime == AT
    assert letter["list-unsubscribe"] == "<https://live.example.org/unsubscribe/abc>"
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    text, html = (cast(EmailMessage, letter.get_body((kind,))).get_content() for kind in ("plain", "html"))
    for said in ("حلقة المساء", "You follow Ben.", "https://live.example.org/unsubscribe/abc"):
        assert said in text
        assert said in html
    assert "<script>alert(1)</script>" in text
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert 'href="https://live.example.org/spaces/sp_1?a=1&amp;b=2"' in html


async def test_a_refusal_says_whether_it_is_of_use_to_try_again(postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    for answer, is_final in (("451 Later", False), ("554 Never", True)):
        box.answer = answer
        with pytest.raises(MailNotSentError) as refused:
            await send(settings(port), LETTER, AT, "nt_1")
        assert refused.value.is_final is is_final
    # What the operator mends is no reason to give the letter up.
    box.answer = "250 OK"
    for wrong in (settings(port, "us%20er:wrong"), settings(free_port(socket.SOCK_STREAM))):
        with pytest.raises(MailNotSentError) as refused:
            await send(wrong, LETTER, AT, "nt_1")
        assert not refused.value.is_final
    with pytest.raises(NoMailError):
        await send(Settings(), LETTER, AT, "nt_1")
    assert box.received == []


def test_addresses_are_kept_as_they_are_written_with_a_host_in_small_letters() -> None:
    assert check_address(" Ana.B+x@Example.ORG ") == "Ana.B+x@example.org"
    for wrong in (
        "",
        "ana",
        "=?utf-8?q?=0abcc=3ax=40evil.org?=@example.org",
        "@example.org",
        "ana@",
        "ana@localhost",
        "a b@example.org",
        "a@b@example.org",
    ):
        with pytest.raises(InvalidError):
            check_address(wrong)
    for wrong in ("ana@example.org\r\nBcc: x@example.org", "ana@-a.org", f"{'a' * 65}@example.org", "änä@example.org"):
        with pytest.raises(InvalidError):
            check_address(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail_server": "mail.example.org"},
        {"mail_server": "smtp://"},
        {"mail_from": "nobody"},
        {"mail_server": "smtp://h"},
    ],
    ids=str,
)
def test_half_a_mail_server_is_no_setting(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"mail|must be"):
        Settings(**wrong)
