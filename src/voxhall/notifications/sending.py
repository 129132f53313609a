"""The worker's half: walks the announcement to its end, hands each push to the service of the browser's maker, and each
letter to the mail server."""

import asyncio
import json
import secrets
from collections import Counter
from datetime import datetime
from typing import Any

import httpx2
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from voxhall.config import Settings
from voxhall.errors import JsonObject, JsonValue
from voxhall.kit.jobs.worker import JobRun
from voxhall.kit.mail import Letter, MailNotSentError, NoMailError, send
from voxhall.notifications.push import CURVE, encrypt

log = structlog.get_logger()

# Connections to all push services together: enough that their answers, not ours, set the pace.
AT_ONCE = 64
TIMEOUT_S = 15.0
GONE = {404, 410}
# Conversations with the mail server at the same time; many count more as an attack.
LETTERS_AT_ONCE = 4


class NotReachedError(Exception):
    """Some push service did not answer; the job is tried again, for those that were not reached."""


class Sending:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx2.AsyncClient | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def notify(self, run: JobRun) -> JsonObject:
        while not (await run.tell({"what": "people"})).get("done"):
            pass
        after, reached = "", _Reached()
        counts: Counter[str] = Counter()
        while True:
            told: JsonObject = {"what": "devices", "after": after, "reached": reached.as_json()}
            answer = await run.tell(told)
            pushes = answer.get("pushes")
            if answer.get("after", after) == after or not isinstance(pushes, list):
                break
            after, reached = str(answer["after"]), _Reached()
            await asyncio.gather(*(self._send(push, reached) for push in pushes))
            counts.update({"sent": len(reached.sent), "gone": len(reached.gone), "failed": len(reached.failed)})
        letters = await self._mail(run)
        if counts["failed"]:
            raise NotReachedError(f"{counts['failed']} devices were out of reach.")
        if letters["failed"]:
            raise NotReachedError(f"The mail server did not take {letters['failed']} letters.")
        return {"sent": counts["sent"], "gone": counts["gone"], "letters": letters["sent"]}

    async def _mail(self, run: JobRun) -> Counter[str]:
        """A batch at a time: how the last one went is told before the next is asked for."""
        after, reached = "", _Mailed()
        counts: Counter[str] = Counter()
        turns = asyncio.Semaphore(LETTERS_AT_ONCE)
        while True:
            answer = await run.tell({"what": "letters", "after": after, "reached": reached.as_json()})
            letters = answer.get("letters")
            if answer.get("after", after) == after or not isinstance(letters, list):
                return counts
            after, reached = str(answer["after"]), _Mailed()
            await asyncio.gather(*(self._send_letter(letter, reached, turns) for letter in letters))
            counts.update({name: len(ids) for name, ids in reached.as_json().items()})

    async def _send_letter(self, told: JsonValue, reached: "_Mailed", turns: asyncio.Semaphore) -> None:
        assert isinstance(told, dict)  # noqa: S101 - our own control plane's word
        user_id, action, paragraphs = str(told["user_id"]), told["action"], told["paragraphs"]
        assert isinstance(action, list) and isinstance(paragraphs, list)  # noqa: S101, PT018
        letter = Letter(
            str(told["to"]),
            str(told["subject"]),
            [str(paragraph) for paragraph in paragraphs],
            (str(action[0]), str(action[1])),
            str(told["footer"]),
            str(told["unsubscribe_url"]),
        )
        try:
            async with turns:
                at = datetime.fromisoformat(str(told["at"]))
                await send(self._settings, letter, at, str(told["message_id"]))
        except (MailNotSentError, NoMailError) as error:
            is_final = isinstance(error, MailNotSentError) and error.is_final
            # Not to whom: addresses are in no log.
            log.warning("letter_not_sent", is_final=is_final)
            (reached.refused if is_final else reached.failed).append(user_id)
        else:
            reached.sent.append(user_id)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, push: JsonValue, reached: "_Reached") -> None:
        assert isinstance(push, dict)  # noqa: S101 - our own control plane's word
        body = encrypt(
            json.dumps(push["message"], ensure_ascii=False).encode(),
            str(push["p256dh"]),
            str(push["auth"]),
            ephemeral=ec.generate_private_key(CURVE),
            salt=secrets.token_bytes(16),
        )
        headers = {
            "authorization": str(push["authorization"]),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(push["ttl_s"]),
            "urgency": str(push["urgency"]),
            "topic": str(push["topic"]),
        }
        device = str(push["device"])
        try:
            async with self._turns:
                answer = await self._http().post(str(push["endpoint"]), content=body, headers=headers)
        except httpx2.HTTPError as error:
            log.warning("push_not_sent", device=device, reason=type(error).__name__)
            reached.failed.append(device)
            return
        if answer.is_success:
            reached.sent.append(device)
        elif answer.status_code in GONE:
            reached.gone.append(device)
        else:
            log.warning("push_refused", device=device, status=answer.status_code)
            reached.failed.append(device)

    def _http(self) -> httpx2.AsyncClient:
        if self._client is None:
            limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
            self._client = httpx2.AsyncClient(timeout=TIMEOUT_S, limits=limits, follow_redirects=False, trust_env=False)
        return self._client


class _Mailed:
    """By the ids of their readers."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.refused: list[str] = []
        self.failed: list[str] = []

    def as_json(self) -> dict[str, Any]:
        return {"sent": self.sent, "refused": self.refused, "failed": self.failed}


class _Reached:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gone: list[str] = []
        self.failed: list[str] = []

    def as_json(self) -> dict[str, Any]:
        return {"sent": self.sent, "gone": self.gone, "failed": self.failed}
