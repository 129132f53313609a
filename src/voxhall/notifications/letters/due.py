"""The control plane's half: whose letters are due, and what they say. Addresses leave it for the worker alone.

A worker tells of every batch how it went before it is handed the next, so one that is killed sends at most a batch
again, and those letters have the ids of the first: a mail program shows one.
"""

from datetime import timedelta

from voxhall.accounts import actions as people
from voxhall.accounts.model import User, UserId
from voxhall.accounts.recovery import actions as recovery
from voxhall.errors import JsonObject, JsonValue
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.db import Transaction
from voxhall.notifications import store as notifications
from voxhall.notifications import wish_store, words
from voxhall.notifications.letters import store
from voxhall.notifications.model import Announcement, NewsKind, Way, Wishes, may_mail
from voxhall.notifications.push import PushKey

# Larger asks the database less often, smaller is sent twice when a worker is killed: each takes a mail server's second.
BATCH = 20
DAY = timedelta(days=1)


async def take_reached(kit: Kit, tx: Transaction, news: Announcement, reached: JsonObject) -> None:
    """`sent`, and `refused` by the mail server for good; whoever failed for now stays due."""
    for name, at in (("sent", kit.clock.now()), ("refused", None)):
        told = reached.get(name)
        if isinstance(told, list) and told:
            await store.settle(tx, news.id, [str(one) for one in told], at)


async def next_letters(kit: Kit, tx: Transaction, key: PushKey, news: Announcement, after: str) -> JsonObject:
    now = kit.clock.now()
    user_ids = await store.due(tx, news.id, after, BATCH)
    if not user_ids:
        return {"letters": [], "after": after}
    told = await notifications.notifications_for(tx, news.id, user_ids)
    wishes = await wish_store.wishes_of(tx, user_ids)
    today = await store.mailed_since(tx, user_ids, now - DAY)
    users = await people.users_by_id(tx, [UserId(one) for one in user_ids])
    addresses = await recovery.addresses_of(tx, [UserId(one) for one in user_ids])
    letters: list[JsonValue] = []
    for user_id, (kind, _) in told.items():
        user, address = users.get(UserId(user_id)), addresses.get(UserId(user_id))
        is_fresh = now - news.created_at < kind.lasts
        is_wished = may_mail(wishes.get(user_id, Wishes()), kind, today.get(user_id, 0))
        if user is not None and not user.is_suspended and address is not None and is_fresh and is_wished:
            letters.append(_letter(kit, key, news, kind, user, address))
    held = set(user_ids) - {str(one["user_id"]) for one in letters if isinstance(one, dict)}
    if held:
        await store.settle(tx, news.id, held, None)
    return {"letters": letters, "after": user_ids[-1]}


def _letter(kit: Kit, key: PushKey, news: Announcement, kind: NewsKind, user: User, address: str) -> JsonObject:
    language = words.language_of(user.language)
    said, sentences = words.say(news, kind, language), words.sentences(language)
    site, us = kit.settings.site_name, kit.settings.address
    return {
        "user_id": user.id,
        "to": address,
        "subject": said.title,
        "paragraphs": [said.body],
        "action": [sentences["open"], f"{us}{said.path}"],
        "footer": str(sentences["letter"]).replace("{site}", site).replace("{handle}", user.handle),
        "unsubscribe_url": f"{us}/api/v1/unsubscribe/{key.unsubscribe_token(user.id, kind, Way.MAIL)}",
        "message_id": kit.ids.derived("ml", news.id, user.id),
        "at": to_wire(kit.clock.now()),
    }
