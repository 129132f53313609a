"""Web Push as standards have it: who sends it (VAPID, RFC 8292) and what only the browser reads (RFC 8291, RFC 8188).

The private key stays in the control plane; a worker is handed signatures that last for half a day.
"""

import base64
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voxhall.errors import InvalidError
from voxhall.notifications.model import NewsKind, Way

CURVE = ec.SECP256R1()
# RFC 8292 allows a day; half of it leaves room for clocks that are wrong.
SIGNED_FOR = timedelta(hours=12)
# RFC 8291 §4: what every push service takes.
MAX_PLAIN_BYTES = 3_000
RECORD_BYTES = 4_096
MAX_ENDPOINT_CHARS = 1_000


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class PushKey:
    """This server towards push services, and what it signs for its own links."""

    private_key: bytes
    contact: str
    _signed: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    @staticmethod
    def new_private_key() -> bytes:
        return ec.generate_private_key(CURVE).private_numbers().private_value.to_bytes(32, "big")

    @property
    def public_key(self) -> str:
        """As browsers take it for a subscription."""
        return b64(_point(self._key().public_key()))

    def authorization(self, endpoint: str, at: datetime) -> str:
        """The header for this push service, signed anew every six hours."""
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        header, signed_at = self._signed.get(origin, ("", at - SIGNED_FOR))
        if at - signed_at >= SIGNED_FOR / 2:
            claims = {"aud": origin, "exp": int((at + SIGNED_FOR).timestamp()), "sub": self.contact}
            header = f"vapid t={self._jwt(claims)}, k={self.public_key}"
            self._signed[origin] = (header, at)
        return header

    def unsubscribe_token(self, user_id: str, kind: NewsKind, way: Way = Way.PUSH) -> str:
        """Good for one thing: to switch off this kind by this way for this account."""
        said = f"{user_id} {kind.value} {way.value}"
        return f"{b64(said.encode())}.{self._mac(said)}"

    def read_unsubscribe_token(self, token: str) -> tuple[str, NewsKind, Way] | None:
        said, _, mac = token.partition(".")
        try:
            text = unb64(said).decode()
            user_id, kind, way = text.split(" ")
            is_ours = hmac.compare_digest(mac.encode(), self._mac(text).encode())
            return (user_id, NewsKind(kind), Way(way)) if is_ours else None
        except ValueError:
            return None

    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.private_key, "big"), CURVE)

    def _mac(self, said: str) -> str:
        key = hashlib.sha256(b"voxhall unsubscribe" + self.private_key).digest()
        return b64(hmac.digest(key, said.encode(), "sha256")[:16])

    def _jwt(self, claims: dict[str, object]) -> str:
        head = b64(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{b64(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key().sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encrypt(plain: bytes, p256dh: str, auth: str, *, ephemeral: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One aes128gcm record that only the browser with these keys reads. `ephemeral` and `salt` are never used twice."""
    their_bytes = unb64(p256dh)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, their_bytes)
    ours = _point(ephemeral.public_key())
    shared = ephemeral.exchange(ec.ECDH(), theirs)
    secret = _hkdf(unb64(auth), shared, b"WebPush: info\0" + their_bytes + ours, 32)
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    # 2: the last record, and nothing behind it.
    sealed = AESGCM(key).encrypt(nonce, plain + b"\x02", None)
    return salt + struct.pack("!IB", RECORD_BYTES, len(ours)) + ours + sealed


def check_device_keys(p256dh: str, auth: str) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(p256dh))
        is_right = len(unb64(auth)) == 16
    except (ValueError, InvalidKey):
        is_right = False
    if not is_right:
        raise InvalidError.of("keys", "These are not the keys of a browser's subscription.")


def check_endpoint(endpoint: str, allowed: tuple[str, ...]) -> str:
    """An address at one of the push services that the settings name; anything else would make us knock at doors for
    strangers."""
    refusal = InvalidError.of("endpoint", "This server does not send to that push service.")
    if len(endpoint) > MAX_ENDPOINT_CHARS or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise refusal
    try:
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise refusal from None
    host = parts.hostname or ""
    is_at_home = any(
        origin == one
        if "://" in one
        else parts.scheme == "https" and parts.port in {None, 443} and _is_below(host, one)
        for one in allowed
    )
    if not is_at_home or "@" in parts.netloc:
        raise refusal
    return endpoint


def _is_below(host: str, name: str) -> bool:
    return host.endswith(name) if name.startswith(".") else host == name


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
