"""All the ways into one account together: no way of taking one away takes the last."""

from sqlalchemy import func, select, true

from voxhall.accounts.model import UserId
from voxhall.accounts.openid.store import identities
from voxhall.accounts.passkeys.store import passkeys
from voxhall.accounts.recovery.store import recovery_codes
from voxhall.accounts.store import users
from voxhall.errors import ConflictError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.mail import sends_mail


class LastWayInError(ConflictError):
    code = "last_way_in"
    message = "This is the only way into your account. Set a password or add a passkey first."


async def require_one(kit: Kit, tx: Transaction, user_id: UserId) -> None:
    """After one has been taken away, in its transaction, under the lock of the account; LastWayInError undoes it.

    An API token is none: who holds only that can never sign in to make another.
    """
    u = users.c
    # Without a server to send it, no letter opens anything.
    own = func.count(u.password_hash) + (func.count(u.mail) if sends_mail(kit.settings) else 0)
    if await tx.scalar(select(own).where(u.id == user_id)):
        return
    # By a provider that the operator has taken away nobody comes in.
    is_configured = identities.c.issuer.in_([provider.issuer for provider in kit.settings.openid.values()])
    for table, opens in ((passkeys, true()), (identities, is_configured), (recovery_codes, true())):
        if await tx.scalar(select(func.count()).select_from(table).where(table.c.user_id == user_id, opens)):
            return
    raise LastWayInError
