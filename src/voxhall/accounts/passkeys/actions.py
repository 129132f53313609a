"""Making a passkey and signing in with one; the `webauthn` package checks what the browser brings.

The library is loaded when somebody first uses it: it takes half a second.
"""

import base64
import binascii
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from voxhall.accounts import actions as people
from voxhall.accounts import store as accounts_store
from voxhall.accounts import ways_in
from voxhall.accounts.model import User
from voxhall.accounts.passkeys import store
from voxhall.accounts.passkeys.store import Passkey
from voxhall.errors import ConflictError, NotFoundError, UnauthorizedError
from voxhall.kit import Kit
from voxhall.kit.text import clean_text

MAX_PASSKEYS = 20
CHALLENGE_LASTS = timedelta(minutes=5)


class WrongPasskeyError(UnauthorizedError):
    code = "wrong_passkey"
    message = "This passkey does not open an account here."


async def passkeys_of(kit: Kit, user: User) -> list[Passkey]:
    async with kit.db.read() as conn:
        return await store.of_user(conn, user.id)


async def creation_options(kit: Kit, user: User) -> dict[str, Any]:
    """What the browser's `navigator.credentials.create` is asked."""
    import webauthn
    from webauthn.helpers import structs

    known = await passkeys_of(kit, user)
    if len(known) >= MAX_PASSKEYS:
        raise ConflictError(f"At most {MAX_PASSKEYS} passkeys; remove one first.")
    options = webauthn.generate_registration_options(
        rp_id=_our_name(kit),
        rp_name=kit.settings.site_name,
        user_name=user.handle,
        user_id=user.id.encode(),
        user_display_name=user.display_name,
        challenge=await _new_challenge(kit, user),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            # Only such a one says by itself whose it is, so that nobody has to type a handle.
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    return _as_json(webauthn.options_to_json(options))


async def add(kit: Kit, user: User, credential: dict[str, Any], name: str) -> Passkey:
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    name = clean_text(name, field="name", max_chars=80)
    challenge = _challenge_of(credential)
    async with kit.db.write() as tx:
        is_asked = await store.take_challenge(tx, challenge, user.id, kit.clock.now())
    if not is_asked:
        raise WrongPasskeyError
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_our_name(kit),
            expected_origin=kit.settings.address,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise WrongPasskeyError from None
    one = Passkey(
        kit.ids.new("pk"),
        verified.credential_id,
        user.id,
        verified.credential_public_key,
        verified.sign_count,
        name,
        kit.clock.now(),
    )
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        if len(await store.of_user(tx, user.id)) >= MAX_PASSKEYS or await store.by_credential(tx, one.credential_id):
            raise ConflictError("This passkey is there already.")
        await store.add(tx, one)
    return one


async def remove(kit: Kit, user: User, passkey_id: str) -> None:
    """Never the last way in."""
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        if not await store.remove(tx, user.id, passkey_id):
            raise NotFoundError
        await ways_in.require_one(kit, tx, user.id)


async def request_options(kit: Kit) -> dict[str, Any]:
    """For whoever wants to sign in; the device shows which accounts it has."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=_our_name(kit),
        challenge=await _new_challenge(kit, None),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _as_json(webauthn.options_to_json(options))


async def sign_in(kit: Kit, credential: dict[str, Any], *, device: str) -> tuple[User, str]:
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _challenge_of(credential)
    async with kit.db.write() as tx:
        is_asked = await store.take_challenge(tx, challenge, None, kit.clock.now())
        known = await store.by_credential(tx, _bytes_of(credential.get("rawId")))
        user = await accounts_store.user_by_id(tx, known.user_id) if known is not None else None
    if not is_asked or known is None or user is None:
        raise WrongPasskeyError
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_our_name(kit),
            expected_origin=kit.settings.address,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise WrongPasskeyError from None
    async with kit.db.write() as tx:
        await store.used(tx, known.id, verified.new_sign_count, kit.clock.now())
        return user, await people.open_session(kit, tx, user, device)


async def _new_challenge(kit: Kit, user: User | None) -> bytes:
    challenge, now = kit.ids.challenge(), kit.clock.now()
    async with kit.db.write() as tx:
        await store.add_challenge(tx, challenge, user.id if user is not None else None, now, now + CHALLENGE_LASTS)
    return challenge


def _our_name(kit: Kit) -> str:
    """What passkeys are bound to: one made for a name opens nothing under another."""
    return urlsplit(kit.settings.address).hostname or "localhost"


def _challenge_of(credential: dict[str, Any]) -> bytes:
    """Which question this answers, as the answer says itself; whether it was asked, the table says."""
    try:
        said = json.loads(_bytes_of(credential["response"]["clientDataJSON"]))
        return _bytes_of(said["challenge"])
    except (ValueError, TypeError, KeyError):
        raise WrongPasskeyError from None


def _bytes_of(text: object) -> bytes:
    if not isinstance(text, str):
        raise WrongPasskeyError
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise WrongPasskeyError from None


def _as_json(text: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(text)
    return options
