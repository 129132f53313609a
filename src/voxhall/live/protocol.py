"""Every message of the live socket, as text in and text out. Pure; docs/protocol.md shows each with an example.

Parsing is strict: a key, a type or a value that the document does not name is a `BadMessageError`, which closes the
socket. Nothing that a client says about itself besides its token is believed.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeAlias, get_type_hints

from voxhall.errors import BadJsonError, JsonObject, VoxhallError
from voxhall.kit import strict_json
from voxhall.kit.clock import to_wire
from voxhall.kit.disk import DiskState
from voxhall.spaces.model import Participant, ParticipantId, Person, Space, StoredEvent
from voxhall.spaces.model.commands import COMMANDS, PersonCommand
from voxhall.spaces.model.wire import participant_as_json, request_as_json, space_as_json

# The largest useful message is 200 bytes; the limit is the one of every HTTP body.
MAX_MESSAGE_BYTES = 64 * 1024
MAX_COMMAND_ID_CHARS = 64
MAX_TOKEN_CHARS = 256
MAX_ID_CHARS = 64
# seq counts stored events of one space: 32 bits last for years of shouting.
MAX_SEQ = 2**31 - 1
# A WebSocket close reason holds 123 bytes (RFC 6455 §5.5).
MAX_REASON_BYTES = 123

CLOSE_LEFT = 1000
CLOSE_RESTARTING = 1012
CLOSE_BAD_MESSAGE = 4400
CLOSE_BAD_TOKEN = 4401
CLOSE_REMOVED = 4403
CLOSE_NO_SPACE = 4404
CLOSE_TOO_SLOW = 4408

# HTTP alone cancels: who looks at a space that has not begun acts on it from its page, not from its stage.
SOCKET_COMMANDS = {name: kind for name, kind in COMMANDS.items() if name != "cancel"}


class BadMessageError(ValueError):
    """What is wrong with a message, in a sentence that fits into a close reason."""


class MediaState(StrEnum):
    """Whether a node carries the space's sound."""

    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a view shows besides the space itself; none of it is stored."""

    listener_count: int
    media: MediaState
    interrupted: frozenset[ParticipantId]
    disk: DiskState


@dataclass(frozen=True, slots=True)
class Hello:
    token: str | None
    after: int | None
    # Whether to be in the list of listeners; None leaves it as it was.
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class CommandMessage:
    id: str
    command: PersonCommand


@dataclass(frozen=True, slots=True)
class Pong:
    pass


ClientMessage: TypeAlias = Hello | CommandMessage | Pong


def parse(text: str) -> ClientMessage:
    try:
        if len(text.encode()) > MAX_MESSAGE_BYTES:
            raise BadMessageError("The message is larger than 64 KiB.")
        message = strict_json.parse(text)
    except (BadJsonError, UnicodeEncodeError):
        raise BadMessageError("The message is not acceptable JSON.") from None
    if not isinstance(message, dict):
        raise BadMessageError("A message is an object.")
    match message.get("type"):
        case "hello":
            _only(message, {"type", "token", "after", "hidden"})
            return Hello(
                _optional_text(message, "token", MAX_TOKEN_CHARS),
                _sequence_number(message.get("after")),
                _optional_choice(message, "hidden"),
            )
        case "command":
            return _command(message)
        case "pong":
            _only(message, {"type"})
            return Pong()
        case _:
            raise BadMessageError("The type of the message is unknown.")


def _command(message: dict[str, Any]) -> CommandMessage:
    command_id = _optional_text(message, "id", MAX_COMMAND_ID_CHARS)
    if command_id is None:
        raise BadMessageError("A command has an id.")
    name = message.get("name")
    kind = SOCKET_COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadMessageError("The name of the command is unknown.")
    # On the wire only oneself can be unmuted, so the name has no argument there.
    names = set() if name == "unmute" else {one.name for one in fields(kind)}
    _only(message, {"type", "id", "name"} | names)
    arguments: dict[str, Any] = {name: _optional_text(message, name, MAX_ID_CHARS) for name in names}
    hints = get_type_hints(kind)
    if any(value is None and type(None) not in getattr(hints[key], "__args__", ()) for key, value in arguments.items()):
        raise BadMessageError("The command needs a participant_id.")
    return CommandMessage(command_id, kind(**arguments))


def _only(message: dict[str, Any], known: set[str]) -> None:
    if not message.keys() <= known:
        raise BadMessageError("The message has a key that does not belong there.")


def _optional_text(message: dict[str, Any], key: str, max_chars: int) -> str | None:
    value = message.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= max_chars:
        raise BadMessageError(f"{key} is a text of 1 to {max_chars} characters.")
    return value


def _optional_choice(message: dict[str, Any], key: str) -> bool | None:
    value = message.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadMessageError(f"{key} is true or false.")
    return value


def _sequence_number(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SEQ:
        raise BadMessageError("after is a whole number, 0 or more.")
    return value


def snapshot(space: Space, host: Person, you: Participant, around: Surroundings, address: str) -> str:
    """The space as this person may see it."""
    is_steward = space.is_steward(you)
    seen = [one for one in space.requests if is_steward or one.id == you.id]
    return _text(
        {
            "type": "snapshot",
            "seq": space.seq,
            "space": {**space_as_json(space, host, address), "listener_count": around.listener_count},
            "you": {"participant_id": you.id, "signed_in": not you.person.is_guest},
            "stage": [participant_as_json(one) for one in space.stage],
            "requests": [request_as_json(one) for one in seen],
            "invitations": [one.id for one in space.invitations if is_steward or one.id == you.id],
            "listener_count": around.listener_count,
            "media": around.media.value,
            "interrupted": [*sorted(around.interrupted)],
            "disk": around.disk.value if is_steward else None,
        }
    )


def resumed(seq: int) -> str:
    return _text({"type": "resumed", "seq": seq})


def event(stored: StoredEvent) -> str:
    return _text(
        {
            "type": "event",
            "seq": stored.seq,
            "at": to_wire(stored.at),
            "name": stored.name,
            "data": stored.data,
        }
    )


def audience(listener_count: int) -> str:
    return _text({"type": "audience", "listener_count": listener_count})


def media(state: MediaState) -> str:
    return _text({"type": "media", "state": state.value})


def interrupted(participant_ids: Collection[ParticipantId]) -> str:
    return _text({"type": "interrupted", "participant_ids": [*sorted(participant_ids)]})


def tip_jar_changed(participant_id: str) -> str:
    return _text({"type": "tip_jar_changed", "participant_id": participant_id})


def disk(state: DiskState) -> str:
    return _text({"type": "disk", "state": state.value})


def ok(command_id: str) -> str:
    return _text({"type": "ok", "id": command_id})


def refused(command_id: str, error: VoxhallError) -> str:
    return _text({"type": "error", "id": command_id, "error": error.as_json()})


PING = '{"type":"ping"}'


def close_reason(sentence: str) -> str:
    return sentence.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


def may_see(stored: StoredEvent, participant_id: str, *, is_steward: bool) -> bool:
    return not stored.for_stewards or is_steward or stored.participant_id == participant_id


def changes_view(missed: Sequence[StoredEvent], participant_id: str) -> bool:
    """Whether this person became or ceased to be a co-host, so that single events cannot mend what they hold."""
    return any(
        one.participant_id == participant_id and one.name in {"role_changed", "speaker_added", "speaker_removed"}
        for one in missed
    )


def _text(message: JsonObject) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
