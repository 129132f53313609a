"""Talking to the providers: what they publish of themselves, and trading a code for who somebody is.

Only addresses that the operator's issuer itself publishes are asked, never one that a visitor brings. What is published
is kept for an hour; a signature by a key that is not among those kept has the keys fetched anew, at most once a minute.
"""

import asyncio
import base64
import json
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import structlog

from voxhall.accounts.openid.model import ALGORITHMS, ProviderDownError, UnknownProviderError, WrongAnswerError
from voxhall.config import Settings
from voxhall.kit.clock import Clock

if TYPE_CHECKING:
    # Both take a moment to load, and most servers have no provider at all.
    import httpx2
    from joserfc.jwk import Key

log = structlog.get_logger()

KEPT_FOR = timedelta(hours=1)
KEYS_ANEW_AFTER = timedelta(minutes=1)
# Whoever comes while a provider does not answer is told so at once, and does not wait in a row for its silence.
DOWN_FOR = timedelta(seconds=5)
TIMEOUT_S = 10.0
# A document of 10 kB is a long one; what goes on beyond this is not read.
MAX_ANSWER_BYTES = 256 * 1024
MAX_KEYS = 50
SCOPE = "openid profile"


@dataclass(slots=True)
class _Published:
    """What a provider says of itself, and when we looked."""

    about: dict[str, Any]
    at: datetime
    keys: "list[Key]" = field(default_factory=list)
    keys_at: datetime | None = None


class Providers:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock, self._address = clock, settings.address
        self._providers = settings.openid
        self._published: dict[str, _Published] = {}
        self._down_until: dict[str, datetime] = {}
        self._turns = {name: asyncio.Lock() for name in settings.openid}

    def redirect_uri(self, provider: str) -> str:
        """One for each, so that no provider's answer is taken for another's (RFC 9700 §4.4.2)."""
        return f"{self._address}/sign-in/openid/{provider}"

    def issuer_of(self, provider: str) -> str:
        if provider not in self._providers:
            raise UnknownProviderError
        return self._providers[provider].issuer

    def name_of(self, issuer: str) -> str:
        """As the operator calls it; one that is no longer configured is called by its host."""
        names = (one.name for one in self._providers.values() if one.issuer == issuer)
        return next(names, urlsplit(issuer).hostname or issuer)

    def client_id_of(self, provider: str) -> str:
        return self._providers[provider].client_id

    async def authorization_url(self, provider: str, *, state: str, nonce: str, challenge: str) -> str:
        self.issuer_of(provider)
        about = (await self._look(provider)).about
        asked = {
            "response_type": "code",
            "client_id": self.client_id_of(provider),
            "redirect_uri": self.redirect_uri(provider),
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(about["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def claims_of(self, provider: str, *, code: str, verifier: str, issuer_said: str | None) -> dict[str, Any]:
        """What the ID token says, its signature checked and nothing else."""
        about = (await self._look(provider)).about
        must_say = about.get("authorization_response_iss_parameter_supported") is True
        if issuer_said != about["issuer"] and (issuer_said is not None or must_say):
            raise WrongAnswerError("mix_up")
        answer = await self._trade(provider, about, code, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise WrongAnswerError("no_id_token")
        return await self._read(provider, token)

    async def close(self) -> None:
        if "_http" in self.__dict__:
            await self._http.aclose()

    @cached_property
    def _http(self) -> "httpx2.AsyncClient":
        import httpx2

        # The system's own authorities, so that a provider inside a house works as its browsers do.
        verify = ssl.create_default_context()
        return httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=verify)

    async def _look(self, provider: str) -> _Published:
        issuer = self.issuer_of(provider)
        async with self._turns[provider]:
            known, now = self._published.get(provider), self._clock.now()
            if known is not None and now - known.at < KEPT_FOR:
                return known
            if now < self._down_until.get(provider, now):
                raise ProviderDownError
            try:
                about = await self._discover(provider, issuer)
            except ProviderDownError:
                self._down_until[provider] = self._clock.now() + DOWN_FOR
                raise
            self._published[provider] = fresh = _Published(about, now)
            return fresh

    async def _discover(self, provider: str, issuer: str) -> dict[str, Any]:
        """OpenID Connect Discovery §4: behind the issuer's path, whatever that is."""
        about = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", provider)
        if about.get("issuer") != issuer:
            log.warning("openid_provider_wrong", provider=provider, reason="issuer")
            raise ProviderDownError
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_acceptable(about.get(name), issuer):
                log.warning("openid_provider_wrong", provider=provider, reason=name)
                raise ProviderDownError
        return about

    async def _trade(self, provider: str, about: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
        ours = self._providers[provider]
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri(provider),
            "code_verifier": verifier,
        }
        basic = None
        methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if ours.client_secret is None:
            body["client_id"] = ours.client_id
        elif "client_secret_basic" in methods:
            # RFC 6749 §2.3.1: each encoded as in a form, before the header's own encoding.
            basic = (_form(ours.client_id), _form(ours.client_secret.get_secret_value()))
        else:
            body |= {"client_id": ours.client_id, "client_secret": ours.client_secret.get_secret_value()}
        return await self._ask("POST", str(about["token_endpoint"]), provider, data=body, auth=basic)

    async def _read(self, provider: str, token: str) -> dict[str, Any]:
        published = await self._look(provider)
        await self._renew_keys(provider, published, KEPT_FOR)
        claims = _verified(token, published.keys)
        if claims is None:
            # Perhaps the provider has changed its keys.
            await self._renew_keys(provider, published, KEYS_ANEW_AFTER)
            claims = _verified(token, published.keys)
        if claims is None:
            raise WrongAnswerError("signature")
        return claims

    async def _renew_keys(self, provider: str, published: _Published, after: timedelta) -> None:
        async with self._turns[provider]:
            now = self._clock.now()
            if published.keys_at is not None and now - published.keys_at < after:
                return
            found = await self._get(str(published.about["jwks_uri"]), provider)
            published.keys, published.keys_at = _keys(found.get("keys")), now

    async def _get(self, url: str, provider: str) -> dict[str, Any]:
        return await self._ask("GET", url, provider)

    async def _ask(self, method: str, url: str, provider: str, **wishes: Any) -> dict[str, Any]:
        import httpx2

        body = bytearray()
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._http.stream(method, url, headers={"accept": "application/json"}, **wishes) as answer,
            ):
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise ProviderDownError
            found = httpx2.Response(200, content=bytes(body)).json()
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            log.warning("openid_provider_down", provider=provider, reason=type(error).__name__)
            raise ProviderDownError from None
        if method == "POST" and answer.status_code in {400, 401}:
            # RFC 6749 §5.2: the code is wrong or old, or the operator's own secret is.
            reason = found.get("error") if isinstance(found, dict) else None
            log.warning("openid_code_refused", provider=provider, reason=str(reason)[:40])
            raise WrongAnswerError("code")
        if answer.status_code != 200 or not isinstance(found, dict):
            log.warning("openid_provider_down", provider=provider, status=answer.status_code)
            raise ProviderDownError
        return found


def _is_acceptable(endpoint: object, issuer: str) -> bool:
    """Whoever is asked over TLS is not left for plain HTTP."""
    if not isinstance(endpoint, str):
        return False
    try:
        parts = urlsplit(endpoint)
        return bool(parts.hostname) and parts.scheme in {"https", urlsplit(issuer).scheme} and not parts.fragment
    except ValueError:
        return False


def _form(text: str) -> str:
    return urlencode({"": text})[1:]


def _keys(published: object) -> "list[Key]":
    """Those that sign, of kinds that we know; others are passed over and not an error (RFC 7517 §5)."""
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    found = []
    for one in published[:MAX_KEYS] if isinstance(published, list) else []:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") not in {"RSA", "EC", "OKP"}:
            continue
        try:
            found.append(import_key(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found


def _verified(token: str, keys: "list[Key]") -> dict[str, Any] | None:
    """The claims if one of these keys has signed them: that which the token names, or any where it names none."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jws import JWSRegistry

    # Some providers say more in the header than the standard knows.
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    named = _key_named_by(token)
    for key in keys:
        if named is not None and key.kid is not None and key.kid != named:
            continue
        try:
            return dict(jwt.decode(token, key, algorithms=ALGORITHMS, registry=registry).claims)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
    return None


def _key_named_by(token: str) -> object:
    head = token.partition(".")[0]
    try:
        said = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return None
    return said.get("kid") if isinstance(said, dict) else None
