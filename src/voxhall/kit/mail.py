"""Mail: the one place that sends it, and the one form that all of it has.

A letter is plain text and the same in HTML, both made here from the same sentences, so that nothing in it can be markup
that somebody wrote. It is handed to the server that the settings name; no address is ever looked up.
"""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from urllib.parse import unquote, urlsplit

from voxhall.config import Settings
from voxhall.errors import InvalidError, VoxhallError

TIMEOUT_S = 20.0
MAX_ADDRESS_CHARS = 254
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_ADDRESS = re.compile(
    rf"{_LOCAL}@(?=.{{1,253}}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.)+[A-Za-z]{{2,63}}"
)


class NoMailError(VoxhallError):
    code = "no_mail"
    status = 503
    message = "This server sends no mail."


class MailNotSentError(VoxhallError):
    """`is_final`: the mail server will not take it another time either."""

    code = "mail_not_sent"
    status = 502
    message = "The mail server did not take the message."

    def __init__(self, *, is_final: bool) -> None:
        super().__init__()
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Letter:
    """Sentences, at most one thing to do (its words and its address), and why it comes."""

    to: str
    subject: str
    paragraphs: Sequence[str]
    action: tuple[str, str] | None = None
    footer: str = ""
    # RFC 8058: a POST to it, by the reader's mail program, ends such letters. No secret but that in the address.
    unsubscribe_url: str | None = None


def sends_mail(settings: Settings) -> bool:
    return settings.mail_server is not None


def check_address(address: str, *, field: str = "mail") -> str:
    """The address as it can be kept, its host in small letters; whether it is somebody's, only a letter shows."""
    local, _, host = address.strip().rpartition("@")
    address = f"{local}@{host.lower()}"
    # "=?" begins an encoded word (RFC 2047), which a mail program would read as something else.
    if len(address) > MAX_ADDRESS_CHARS or len(local) > 64 or "=?" in address or not _ADDRESS.fullmatch(address):
        raise InvalidError.of(field, "This is not a mail address.")
    return address


async def send(settings: Settings, letter: Letter, at: datetime, message_id: str) -> None:
    """`message_id`: the same for the same letter, so that one that is sent twice is one to whoever reads it."""
    if settings.mail_server is None or settings.mail_from is None:
        raise NoMailError
    message = message_of(letter, settings.mail_from, at, message_id)
    await asyncio.to_thread(_hand_in, settings.mail_server.get_secret_value(), message)


def message_of(letter: Letter, sender: str, at: datetime, message_id: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, letter.to
    # What looks like an encoded word (RFC 2047) the library decodes, line breaks in it too: a stranger's own header.
    message["Subject"] = " ".join(letter.subject.split()).replace("=?", "= ?")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{_host_of(sender)}>"
    # No holiday notes to a server.
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_as_text(letter))
    message.add_alternative(_as_html(letter), subtype="html")
    return message


def _as_text(letter: Letter) -> str:
    action = [f"{letter.action[0]}:\n{letter.action[1]}"] if letter.action is not None else []
    end = [text for text in (letter.footer, letter.unsubscribe_url) if text]
    return "\n\n".join([*letter.paragraphs, *action, *(["-- \n" + "\n".join(end)] if end else [])]) + "\n"


def _as_html(letter: Letter) -> str:
    parts = [f'<p dir="auto">{escape(paragraph)}</p>' for paragraph in letter.paragraphs]
    if letter.action is not None:
        words, url = letter.action
        parts.append(f'<p><a href="{escape(url)}">{escape(words)}</a></p>')
    small = 'style="color:#666;font-size:13px"'
    if letter.footer:
        parts.append(f'<p dir="auto" {small}>{escape(letter.footer)}</p>')
    if letter.unsubscribe_url is not None:
        parts.append(f'<p {small}><a href="{escape(letter.unsubscribe_url)}">{escape(letter.unsubscribe_url)}</a></p>')
    body = "\n".join(parts)
    return f'<!doctype html><html><body style="font:16px/1.5 sans-serif;max-width:36em">\n{body}\n</body></html>\n'


def _hand_in(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        with _connected(parts.scheme, host, parts.port, _host_of(message["From"])) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise MailNotSentError(is_final=all(code >= 500 for code in codes)) from None
    except smtplib.SMTPResponseException as error:
        # A wrong password is mended by the operator, and then the letter goes out.
        is_final = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise MailNotSentError(is_final=is_final) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotSentError(is_final=False) from error


def _host_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def _connected(scheme: str, host: str, port: int | None, us: str) -> smtplib.SMTP:
    """`us`: what we are called; the library would ask the name service, and wait for it."""
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, us, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, port or 587, us, timeout=TIMEOUT_S)
    server.ehlo()
    # Between processes of one machine nobody listens; anywhere else a password is never said in the clear.
    if host not in LOOPBACK or server.has_extn("starttls"):
        server.starttls(context=context)
    return server
