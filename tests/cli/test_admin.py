"""`voxhall admin`, said to a server that runs: people, tokens, spaces, switches and who turned them."""

import asyncio
import json
from typing import Any

import pytest

from tests.live.stage import live_space
from tests.world import World
from voxhall.cli import main


class Terminal:
    """The command in a thread of this process, so that a test of many commands starts no interpreter for each."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self._data, self._capsys = str(world.kit.settings.data), capsys

    async def lines(self, *command: str) -> list[dict[str, Any]]:
        status, said, wrong = await self._run(*command)
        assert (status, wrong) == (0, ""), wrong
        return [json.loads(line) for line in said.splitlines()]

    async def refused(self, *command: str) -> str:
        status, said, wrong = await self._run(*command)
        assert (status, said, wrong.count("\n")) == (1, "", 1)
        return wrong.strip()

    async def _run(self, *command: str) -> tuple[object, str, str]:
        def run() -> object:
            with pytest.raises(SystemExit) as end:
                main(["admin", *command, "--data", self._data])
            return end.value.code

        status = await asyncio.to_thread(run)
        said = self._capsys.readouterr()
        # The server is in this process too, and logs to the same output.
        return status, "".join(line for line in said.out.splitlines(keepends=True) if line[0] == "{"), said.err


@pytest.fixture
def terminal(world: World, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(world, capsys)


async def test_roles_are_given_and_taken_and_the_last_administrator_stays(world: World, terminal: Terminal) -> None:
    root = await world.person("root", administrator=True)
    ana = await world.person("ana")
    assert [one["handle"] for one in await terminal.lines("users", "--administrators")] == ["root"]
    assert {one["handle"] for one in await terminal.lines("users")} == {"root", "ana"}
    assert await terminal.refused("unmake-administrator", "root") == (
        "This is the only administrator; make another one first."
    )
    [made] = await terminal.lines("make-administrator", "Ana")
    assert (made["handle"], made["is_administrator"]) == ("ana", True)
    assert (await ana.http.get("/api/v1/me")).json()["is_administrator"] is True
    world.clock.advance(1)
    await terminal.lines("unmake-administrator", "root")
    # At the next request, whatever the token was made for.
    assert (await root.http.get("/api/v1/admin/settings")).status_code == 403
    assert [one["action"] for one in await terminal.lines("audit")] == ["administrator_unmade", "administrator_made"]
    assert "no such" in (await terminal.refused("make-administrator", "nobody")).lower()


async def test_who_is_shut_out_has_no_way_in_until_restored(world: World, terminal: Terminal) -> None:
    ana = await world.person("ana")
    assert await terminal.lines("suspend", "ana") == [{"handles": ["ana"]}]
    assert (await ana.http.get("/api/v1/me")).status_code in {401, 403}
    assert await terminal.lines("restore", "ana") == [{"handles": ["ana"]}]
    assert (await ana.http.get("/api/v1/me")).status_code == 200


async def test_a_token_is_listed_without_its_secret_and_ends_at_once(world: World, terminal: Terminal) -> None:
    ana = await world.person("ana")
    [token] = await terminal.lines("tokens", "ana")
    assert token.keys() == {"id", "name", "scopes"}
    assert await terminal.lines("revoke-token", "ana", token["id"]) == []
    assert (await ana.http.get("/api/v1/me")).status_code == 401
    await terminal.refused("revoke-token", "ana", token["id"])


async def test_a_space_is_ended_as_its_host_would(world: World, terminal: Terminal) -> None:
    ana = await world.person("ana")
    space_id = await live_space(ana)
    [listed] = await terminal.lines("spaces", "--state", "live")
    assert (listed["id"], listed["host"], listed["state"]) == (space_id, "ana", "live")
    [ended] = await terminal.lines("end-space", space_id)
    assert ended["state"] == "ended"
    assert (await ana.http.get(f"/api/v1/spaces/{space_id}")).json()["state"] == "ended"
    assert await terminal.lines("spaces", "--state", "live") == []
    assert await terminal.refused("end-space", "sp_1") == "There is no such space."
    assert await terminal.refused("spaces", "--state", "over") == "The states are scheduled, live, ended, canceled."


async def test_switches_are_turned_at_once_and_the_log_says_what_was_before(world: World, terminal: Terminal) -> None:
    root = await world.person("root", administrator=True)
    [before] = await terminal.lines("settings")
    [after] = await terminal.lines("set", "registration=invite", "hosting_percent=20", 'hosting_list=["root"]')
    changed = {"registration": "invite", "hosting_percent": 20, "hosting_list": ["root"]}
    assert after == before | changed
    assert (await root.http.get("/api/v1/admin/settings")).json() == after
    assert (await (await world.browser()).get("/api/v1/doors")).json()["registration"] == "invite"
    [entry] = await terminal.lines("audit")
    assert entry["data"]["hosting_percent"] == [100, 20]
    for wrong in ("hosting_percent=many", "hosting_percent=101", "nonsense=1", "registration", 'hosting_list=["x"]'):
        await terminal.refused("set", wrong)
    assert await terminal.lines("settings") == [after]
