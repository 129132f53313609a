"""What stands at the WHIP and WHEP doors: each bad offer gets its own clear answer, and the door stays open."""

import random
from dataclasses import dataclass

import httpx2
import pytest

from tests.media.offers import media_lines, offer
from tests.media.peers import SDP
from tests.running import Account, RunningServer

pytestmark = pytest.mark.timeout(60)

MEGABYTE = 1024 * 1024
NOT_FAILURES = {201, 400, 409, 413, 415, 422}


@dataclass(frozen=True)
class Door:
    server: RunningServer
    host: Account
    space_id: str
    name: str

    @property
    def path(self) -> str:
        return f"/api/v1/spaces/{self.space_id}/{self.name}"

    async def offer(self, *kinds: str) -> str:
        return await offer(*kinds, send=self.name == "whip")

    def post(self, body: str | bytes, **headers: str) -> httpx2.Response:
        return self.server.http.post(self.path, content=body, headers={**SDP, **self.host.headers, **headers})


@pytest.fixture(scope="module")
def host(server: RunningServer) -> Account:
    return server.new_account("door")


@pytest.fixture(params=["whip", "whep"])
def door(request: pytest.FixtureRequest, server: RunningServer, host: Account) -> Door:
    return Door(server, host, server.open_space(host)["id"], request.param)


def refused(answer: httpx2.Response, status: int, code: str | None = None) -> None:
    """With the one shape that all errors have."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    assert code is None or error["code"] == code


async def test_an_offer_of_a_megabyte_is_too_large(door: Door) -> None:
    body = await door.offer("audio") + "a=x:" + "y" * MEGABYTE + "\r\n"
    refused(door.post(body), 413, "too_large")


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6])
async def test_a_truncated_offer_is_bad(door: Door, part: float) -> None:
    """Cut inside the list of codecs, what is left may also be said to have no audio that fits."""
    whole = await door.offer("audio")
    answer = door.post(whole[: int(len(whole) * part)])
    refused(answer, answer.status_code)
    assert answer.json()["error"]["code"] in {"bad_sdp", "no_audio"}


@pytest.mark.parametrize("body", ["", "v=0\r\n", "hello", "\x00" * 100, "m=audio " * 1000, '{"sdp": "v=0"}'])
def test_what_is_no_offer_is_bad(door: Door, body: str) -> None:
    refused(door.post(body), 400, "bad_sdp")


def test_an_offer_that_is_not_text_is_bad(door: Door) -> None:
    refused(door.post(b"\xff\xfe\x00v=0"), 400, "bad_sdp")


async def test_an_offer_of_another_type_is_refused(door: Door) -> None:
    answer = door.post(await door.offer("audio"), **{"Content-Type": "text/plain"})
    refused(answer, 415, "unsupported_type")


@pytest.mark.parametrize("kinds", [("video",), ("application",)])
async def test_an_offer_without_audio_is_refused(door: Door, kinds: tuple[str, ...]) -> None:
    refused(door.post(await door.offer(*kinds)), 422, "no_audio")


@pytest.mark.parametrize("kinds", [("audio", "video"), ("video", "audio")])
async def test_a_video_line_is_rejected_and_the_audio_answered(door: Door, kinds: tuple[str, ...]) -> None:
    answer = door.post(await door.offer(*kinds))
    assert answer.status_code == 201, answer.text
    lines = media_lines(answer.text)
    assert tuple(line.kind for line in lines) == kinds, "lines are answered in the order of the offer"
    assert {line.kind: line.port != 0 for line in lines} == {"audio": True, "video": False}


async def test_an_unknown_space_is_not_found(door: Door) -> None:
    body = await door.offer("audio")
    answer = door.server.http.post(
        f"/api/v1/spaces/sp_unknown/{door.name}", content=body, headers={**SDP, **door.host.headers}
    )
    refused(answer, 404)


def test_an_unknown_session_is_not_found(door: Door) -> None:
    session = f"{door.path}/AAAAAAAAAAAAAAAAAAAAAA"
    fragment = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*", **door.host.headers}
    refused(door.server.http.patch(session, content="a=ice-ufrag:x\r\n", headers=fragment), 404)
    refused(door.server.http.delete(session, headers=door.host.headers), 404)


async def test_a_space_that_has_ended_takes_nobody_in(door: Door) -> None:
    body = await door.offer("audio")
    door.server.http.post(f"/api/v1/spaces/{door.space_id}/end", headers=door.host.headers).raise_for_status()
    refused(door.post(body), 409)


async def test_a_session_tells_its_address_and_version_to_other_origins(door: Door) -> None:
    answer = door.post(await door.offer("audio"), Origin="https://elsewhere.example")
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"].startswith("application/sdp")
    assert answer.headers["etag"]
    assert "?" not in answer.headers["location"]
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"location", "etag", "link"} <= exposed


def test_options_names_the_methods_that_clients_look_for(door: Door) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = door.server.http.options(door.path, headers=asked)
    assert answer.status_code in {200, 204}
    assert answer.headers["access-control-allow-origin"] == "*"
    methods = {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
    assert {"POST", "PATCH", "DELETE", "OPTIONS"} <= methods


async def test_a_change_to_a_session_needs_its_version(door: Door) -> None:
    opened = door.post(await door.offer("audio"))
    session = opened.headers["location"]
    ufrag, password = (
        next(line.split(":", 1)[1] for line in opened.text.splitlines() if line.startswith(f"a={name}:"))
        for name in ("ice-ufrag", "ice-pwd")
    )
    fragment = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n"
    kind = {"Content-Type": "application/trickle-ice-sdpfrag", **door.host.headers}
    http = door.server.http
    refused(http.patch(session, content=fragment, headers=kind), 428)
    refused(http.patch(session, content=fragment, headers={**kind, "If-Match": '"another"'}), 412)
    assert http.delete(session, headers=door.host.headers).status_code == 200


async def test_nobody_speaks_without_a_token(door: Door) -> None:
    body = await offer("audio", send=True)
    refused(door.server.http.post(f"/api/v1/spaces/{door.space_id}/whip", content=body, headers=SDP), 401)


async def test_who_is_not_invited_does_not_speak(server: RunningServer) -> None:
    space = server.open_space(server.new_account("host"), who_may_speak="invited")
    stranger = server.new_account("stranger")
    answer = server.http.post(
        f"/api/v1/spaces/{space['id']}/whip",
        content=await offer("audio", send=True),
        headers={**SDP, **stranger.headers},
    )
    refused(answer, 403)


async def test_no_scrambled_offer_makes_the_server_fail(door: Door) -> None:
    """Lines dropped, doubled, swapped and cut, a few bytes turned: anything but a failure is an answer."""
    chance = random.Random(20261122)
    whole = await door.offer("audio", "video")
    for _ in range(60):
        lines = whole.splitlines(keepends=True)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0 if len(lines) > 1:
                    del lines[at]
                case 1:
                    lines.insert(at, lines[chance.randrange(len(lines))])
                case 2:
                    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
                case 3:
                    lines[at] = lines[at].replace("1", str(chance.getrandbits(40)), 1)
                case _:
                    lines[at] = chance.choice("\x00 \u00e9=:\r") + lines[at]
        answer = door.post("".join(lines).encode())
        assert answer.status_code in NOT_FAILURES, answer.text
        if answer.status_code == 201:
            assert door.server.http.delete(answer.headers["location"], headers=door.host.headers).status_code == 200
    assert door.server.http.get("/readyz").status_code == 200
