"""A browser maker's push service on this machine, and the browsers that it reaches.

It takes what the standards say and nothing else: RFC 8030 headers, a VAPID signature (RFC 8292) that is checked with
the key of the subscription, and a body that another library decrypts (RFC 8291).
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One subscription: its private key never leaves it."""

    endpoint: str
    auth: bytes
    key: ec.EllipticCurvePrivateKey
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON` has it, without what only browsers use."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": b64(point), "auth": b64(self.auth)}}

    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]


@dataclass
class PushService:
    address: str
    application_key: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    received: int = 0

    def browser(self, name: str) -> Browser:
        browser = Browser(f"{self.address}/push/{name}", name.encode().ljust(16, b"\0")[:16], _new_key())
        self.browsers[f"/push/{name}"] = browser
        return browser

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        self.received += 1
        browser = self.browsers.get(path)
        if browser is None:
            return 404
        if browser.answers:
            return browser.answers.pop(0)
        try:
            self._check(headers)
            plain = http_ece.decrypt(body, private_key=browser.key, auth_secret=browser.auth, version="aes128gcm")
            browser.messages.append(json.loads(plain))
            browser.headers.append(headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, a test looks at it
            self.refusals.append(repr(error))
            return 400
        return 201

    def _check(self, headers: dict[str, str]) -> None:
        assert headers["content-encoding"] == "aes128gcm"
        assert int(headers["ttl"]) > 0
        assert headers["urgency"] in {"very-low", "low", "normal", "high"}
        assert len(headers["topic"]) <= 32
        scheme, _, rest = headers["authorization"].partition(" ")
        assert scheme == "vapid"
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert given["k"] == self.application_key
        signed, _, signature = given["t"].rpartition(".")
        raw = unb64(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(given["k"]))
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        head, claims = (json.loads(unb64(part)) for part in signed.split("."))
        assert head["alg"] == "ES256"
        assert claims["aud"] == self.address
        assert claims["sub"].startswith(("mailto:", "http"))
        # The worlds of tests have a clock of their own; never more than a day, that is what the standard asks.
        assert claims["exp"] - time.time() < 24 * 3600


@asynccontextmanager
async def push_service(service: PushService | None = None, port: int = 0) -> AsyncIterator[PushService]:
    service = service or PushService("")

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                path = urlsplit(lines[0].split(" ")[1]).path
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status = service.take(path, headers, body)
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port)
    service.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
