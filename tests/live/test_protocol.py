"""docs/protocol.md is what the parser takes and what the server sends; everything else closes the socket."""

import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.spaces.vectors import read
from voxhall.live import protocol
from voxhall.live.protocol import BadMessageError, CommandMessage, Hello, Pong
from voxhall.spaces.model import ParticipantId, StoredEvent
from voxhall.spaces.model import events as happened
from voxhall.spaces.model.commands import Mute

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
CLIENT_PART, SERVER_PART = PAGE.split("## What the server sends")


def examples(part: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", part, re.DOTALL)]


@pytest.mark.parametrize("example", examples(CLIENT_PART), ids=json.dumps)
def test_what_the_document_lets_clients_send_is_understood(example: dict[str, Any]) -> None:
    parsed = protocol.parse(json.dumps(example))
    match example["type"]:
        case "hello":
            assert parsed == Hello(example["token"], example["after"])
        case "pong":
            assert parsed == Pong()
        case _:
            assert isinstance(parsed, CommandMessage)
            assert parsed.id == example["id"]
            assert isinstance(parsed.command, protocol.SOCKET_COMMANDS[example["name"]])


def test_the_document_shows_every_command_and_every_event() -> None:
    commands = {one["name"] for one in examples(CLIENT_PART) if one["type"] == "command"}
    assert commands == set(protocol.SOCKET_COMMANDS)
    events = {one["name"] for one in examples(SERVER_PART) if one["type"] == "event"}
    names = {getattr(kind, "name", None) for kind in vars(happened).values() if isinstance(kind, type)}
    assert events == {name for name in names if isinstance(name, str)}


def test_the_document_shows_every_message_of_the_server() -> None:
    types = {one["type"] for one in examples(SERVER_PART)}
    assert types == {
        "snapshot",
        "resumed",
        "event",
        "audience",
        "media",
        "interrupted",
        "disk",
        "tip_jar_changed",
        "ok",
        "error",
        "ping",
    }
    assert types - {"ping", "resumed"} <= {message["type"] for one in read("reducer.json") for message in one["when"]}


def test_what_the_server_sends_looks_like_the_document() -> None:
    shown = {(one["type"], one.get("name")): one for one in examples(SERVER_PART)}
    at = datetime(2026, 11, 22, 19, 9, tzinfo=UTC)
    event = StoredEvent(
        19, at, "participant_muted", {"participant_id": "pa_7hq2mzk4w5x3c9d8"}, None, for_stewards=False
    )
    assert json.loads(protocol.event(event)) == shown["event", "participant_muted"]
    assert json.loads(protocol.audience(4)) == shown["audience", None]
    assert json.loads(protocol.interrupted([ParticipantId("pa_7hq2mzk4w5x3c9d8")])) == shown["interrupted", None]
    assert json.loads(protocol.resumed(12)) == shown["resumed", None]
    assert json.loads(protocol.ok("c9")) == shown["ok", None]
    assert json.loads(protocol.PING) == shown["ping", None]


def test_every_close_code_is_documented() -> None:
    codes = [value for name, value in vars(protocol).items() if name.startswith("CLOSE_")]
    assert [code for code in codes if f"| {code} |" not in PAGE] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"hello"',
        "{",
        "{}",
        '{"type": "greetings"}',
        '{"type": ["hello"]}',
        '{"type": "hello", "type": "hello"}',
        '{"type": "hello", "token": 1}',
        '{"type": "hello", "token": ""}',
        '{"type": "hello", "token": "\\ud800"}',
        '{"type": "hello", "token": "a\\u0000b"}',
        '{"type": "hello", "after": -1}',
        '{"type": "hello", "after": 1.5}',
        '{"type": "hello", "after": true}',
        '{"type": "hello", "after": "1"}',
        '{"type": "hello", "after": 1e999}',
        '{"type": "hello", "after": NaN}',
        '{"type": "hello", "hidden": "yes"}',
        '{"type": "hello", "hidden": 1}',
        '{"type": "hello", "as": "ana"}',
        '{"type": "pong", "at": 1}',
        '{"type": "command", "name": "start"}',
        '{"type": "command", "id": 1, "name": "start"}',
        '{"type": "command", "id": "c1"}',
        '{"type": "command", "id": "c1", "name": "cancel"}',
        '{"type": "command", "id": "c1", "name": "give_up_waiting", "participant_id": "pa_ben"}',
        '{"type": "command", "id": "c1", "name": "__class__"}',
        '{"type": "command", "id": "c1", "name": "unmute", "participant_id": "pa_ben"}',
        '{"type": "command", "id": "c1", "name": "remove"}',
        '{"type": "command", "id": "c1", "name": "remove", "participant_id": null}',
        '{"type": "command", "id": "c1", "name": "remove", "participant_id": {"$ne": ""}}',
        '{"type": "command", "id": "c1", "name": "start", "by": "us_ana"}',
        "[" * 60_000,
        '{"type": "hello", "token": ' + "1" * 5_000 + "}",
        '{"type": "pong"}' + " " * protocol.MAX_MESSAGE_BYTES,
    ],
    ids=lambda text: text[:60],
)
def test_what_the_document_does_not_name_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadMessageError) as refusal:
        protocol.parse(text)
    assert 1 < len(str(refusal.value).encode()) <= protocol.MAX_REASON_BYTES
    assert str(refusal.value).endswith(".")


def test_mute_without_a_name_is_muting_oneself() -> None:
    parsed = protocol.parse('{"type": "command", "id": "c1", "name": "mute"}')
    assert parsed == CommandMessage("c1", Mute(None))


def test_garbage_never_does_more_than_be_refused() -> None:
    """A seeded walk over mutated messages: each is understood or refused, and none escapes."""
    lots = random.Random(7)
    seeds = [json.dumps(one) for one in examples(CLIENT_PART)]
    for _ in range(20_000):
        text = list(lots.choice(seeds))
        for _ in range(lots.randint(1, 4)):
            place = lots.randrange(len(text))
            text[place : place + lots.randint(0, 3)] = lots.choices(
                '{}[]",:0-1eE.\\ud8\x00é🎙null', k=lots.randint(0, 3)
            )
            text = text or ["{"]
        try:
            protocol.parse("".join(text))
        except BadMessageError:
            continue
