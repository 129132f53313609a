"""A crowd of listeners against a server, to measure it: real handshakes and keys, from a few threads."""

import json
from collections.abc import Mapping
from threading import Event, Thread
from typing import Any

from voxhall.errors import InvalidError, JsonObject
from voxhall.media import _core
from voxhall.media.connection import STEP_S, ConnectionFailedError


def listen(plan: Mapping[str, Any], *, stop: Event) -> JsonObject | None:
    """The report of a run (`rust/swarm/src/load`). None when `stop` came first."""
    if not str(plan["space"]).startswith("http://"):
        raise InvalidError("A crowd speaks plain http: run it on the server's machine, by http://127.0.0.1:8400.")
    reports: list[JsonObject] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            reports.append(json.loads(_core.run_load(json.dumps(plan))))
        except (_core.ClientError, ValueError) as error:
            failures.append(error)

    thread = Thread(target=run, name="voxhall-crowd", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.is_set():
        thread.join(STEP_S)
    for error in failures:
        if isinstance(error, ValueError):
            raise InvalidError("The numbers of the crowd cannot be used: they are whole, and none is below zero.")
        raise ConnectionFailedError(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return reports[0] if reports else None
