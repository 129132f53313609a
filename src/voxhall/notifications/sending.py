"""The worker's half: walks the announcement to its end, and hands each push to the service of the browser's maker."""

import asyncio
import json
import secrets
from collections import Counter
from typing import Any

import httpx2
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from voxhall.errors import JsonObject, JsonValue
from voxhall.kit.jobs.worker import JobRun
from voxhall.notifications.push import CURVE, encrypt

log = structlog.get_logger()

# Connections to all push services together: enough that their answers, not ours, set the pace.
AT_ONCE = 64
TIMEOUT_S = 15.0
GONE = {404, 410}


class NotReachedError(Exception):
    """Some push service did not answer; the job is tried again, for those that were not reached."""


class Sending:
    def __init__(self) -> None:
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
        if counts["failed"]:
            raise NotReachedError(f"{counts['failed']} devices were out of reach.")
        return {"sent": counts["sent"], "gone": counts["gone"]}

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


class _Reached:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gone: list[str] = []
        self.failed: list[str] = []

    def as_json(self) -> dict[str, Any]:
        return {"sent": self.sent, "gone": self.gone, "failed": self.failed}
