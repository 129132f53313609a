"""An OpenID Connect provider on this machine: real HTTP, real keys, signatures made without the library that we check
them with. It says what the standards say, and whatever a test has it say instead.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID = "voxhall at home"
CLIENT_SECRET = "a secret: with %"
Signer = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    del name
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Provider:
    """`people` sign in at it by name; `claims` and `token` are a test's chance to lie."""

    now: Callable[[], datetime]
    address: str = ""
    keys: dict[str, Signer] = field(default_factory=lambda: {"first": rsa_key("first"), "second": ec_key("second")})
    signs_with: str = "first"
    claims: dict[str, Any] = field(default_factory=dict)
    token: "Callable[[Provider, dict[str, Any]], str | None] | None" = None
    about: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        return {"name": "House", "issuer": self.address, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    def public(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                **self.about,
            }
        if path == "/keys":
            return {"keys": [{"kty": "future"}, *(jwk_of(name, key) for name, key in self.keys.items())]}
        return None

    def authorize(self, query: str, who: str) -> str:
        """Where the browser is sent back to, once `who` has signed in here."""
        asked = dict(parse_qsl(query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert len(asked["nonce"]) >= 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "who": who}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.address})}"

    def trade(self, headers: dict[str, str], body: str) -> tuple[int, Any]:
        given = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        basic = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        client, _, secret = (unquote(part.replace("+", " ")) for part in basic.partition(":"))
        if (client, secret) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(given["code"], None)
        challenge = b64(hashlib.sha256(given["code_verifier"].encode()).digest())
        if asked is None or challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        at = int(self.now().timestamp())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": f"number of {asked['who']}",
            "nonce": asked["nonce"],
            "iat": at,
            "exp": at + 300,
            "name": asked["who"].title(),
            "preferred_username": f"{asked['who']}@house",
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.token(self, claims) if self.token is not None else self.signed(claims)
        return 200, {"access_token": "x", "token_type": "Bearer", **({"id_token": token} if token is not None else {})}

    def signed(
        self, claims: Any, key: Signer | None = None, kid: str | None = None, head: dict[str, Any] | None = None
    ) -> str:
        signer = key or self.keys[self.signs_with]
        usual = {"alg": "RS256" if isinstance(signer, rsa.RSAPrivateKey) else "ES256", "kid": kid or self.signs_with}
        text = unsigned(head or usual, claims)
        if isinstance(signer, rsa.RSAPrivateKey):
            return f"{text}.{b64(signer.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
        r, s = decode_dss_signature(signer.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def unsigned(head: dict[str, Any], claims: Any) -> str:
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"


def by_hmac(secret: bytes, claims: dict[str, Any]) -> str:
    text = unsigned({"alg": "HS256", "kid": "first"}, claims)
    return f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha256'))}"


def public_pem(key: Signer) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk_of(name: str, key: Signer) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kid": name, "kty": "RSA", "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
    point = key.public_key().public_numbers()
    x, y = (b64(value.to_bytes(32, "big")) for value in (point.x, point.y))
    return {"kid": name, "kty": "EC", "use": "sig", "crv": "P-256", "x": x, "y": y}


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


PAGE = """<!doctype html><html lang="en"><title>House</title><main><h1>House</h1>
<p><a id="come-in" href="{back}">Come in as {who}</a></p></main></html>"""


@asynccontextmanager
async def provider(now: Callable[[], datetime], port: int = 0, who: str = "ana") -> AsyncIterator[Provider]:
    """Listening; `who` is signed in at it in a browser."""
    at_home = Provider(now)

    def answer(method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, str, str]:
        path, query = urlsplit(target).path, urlsplit(target).query
        at_home.asked.append(path)
        if at_home.status != 200:
            return at_home.status, "application/json", "{}"
        if path == "/authorize":
            return 200, "text/html", PAGE.format(back=at_home.authorize(query, who).replace("&", "&amp;"), who=who)
        if method == "POST":
            status, said = at_home.trade(headers, body)
            return status, "application/json", json.dumps(said)
        found = at_home.public(path)
        return (404, "text/plain", "nothing") if found is None else (200, "application/json", json.dumps(found))

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.split("\r\n")
                method, target, _ = lines[0].split(" ")
                pairs = (line.partition(":") for line in lines[1:])
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
                status, kind, text = answer(method, target, headers, body)
                said = text.encode()
                head = f"HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {len(said)}\r\n\r\n"
                writer.write(head.encode() + said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port)
    at_home.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield at_home
