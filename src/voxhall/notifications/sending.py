"""The worker's half: walks the announcement to its end, hands each push to the service of the browser's maker, and each
letter to the mail server."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Sequence
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

# Pushes at once: enough that the services' answers, not ours, set the pace. They are spread over clients of a few
# connections each, because a client looks at all of its own for each request: one with 64 costs twice as much a push.
CLIENTS = 16
EACH = 4
TIMEOUT_S = 15.0
GONE = {404, 410}
# Conversations with the mail server at the same time; many count more as an attack.
LETTERS_AT_ONCE = 4


class NotReachedError(Exception):
    """Some push service did not answer; the job is tried again, for those that were not reached."""


class Sending:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: list[httpx2.AsyncClient] = []
        self._turns = [asyncio.Semaphore(EACH) for _ in range(CLIENTS)]

    async def notify(self, run: JobRun) -> JsonObject:
        while not (await run.tell({"what": "people"})).get("done"):
            pass
        after, reached = "", _Reached()
        counts: Counter[str] = Counter()
        async with asyncio.TaskGroup() as group:
            # While one batch is on its way, the one before is told of and the next fetched.
            under_way: asyncio.Task[_Reached] | None = None
            while True:
                answer = await run.tell({"what": "devices", "after": after, "reached": reached.as_json()})
                reached = await under_way if under_way is not None else _Reached()
                counts.update(reached.counted())
                pushes = answer.get("pushes")
                if answer.get("after", after) == after or not isinstance(pushes, list):
                    break
                after = str(answer["after"])
                under_way = group.create_task(self._send_all(pushes))
        await run.tell({"what": "devices", "after": after, "reached": reached.as_json()})
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
        for client in self._clients:
            await client.aclose()

    async def _send_all(self, pushes: Sequence[JsonValue]) -> "_Reached":
        reached = _Reached()
        clients = self._http()
        await asyncio.gather(
            *(
                self._send(push, reached, clients[number % CLIENTS], self._turns[number % CLIENTS])
                for number, push in enumerate(pushes)
            )
        )
        return reached

    async def _send(
        self, push: JsonValue, reached: "_Reached", client: httpx2.AsyncClient, turn: asyncio.Semaphore
    ) -> None:
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
            async with turn:
                answer = await client.post(str(push["endpoint"]), content=body, headers=headers)
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

    def _http(self) -> list[httpx2.AsyncClient]:
        if not self._clients:
            limits = httpx2.Limits(max_connections=EACH, max_keepalive_connections=EACH)
            # Read once for all: the certificates of the machine are a megabyte.
            trusted = httpx2.create_ssl_context(trust_env=False)
            self._clients = [
                httpx2.AsyncClient(
                    timeout=TIMEOUT_S, limits=limits, follow_redirects=False, trust_env=False, verify=trusted
                )
                for _ in range(CLIENTS)
            ]
        return self._clients


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

    def counted(self) -> dict[str, int]:
        return {"sent": len(self.sent), "gone": len(self.gone), "failed": len(self.failed)}

    def as_json(self) -> dict[str, Any]:
        return {"sent": self.sent, "gone": self.gone, "failed": self.failed}
