"""Whoever just listens goes a shorter way than other requests: with a query that says nothing new they go the long one,
and both answer the same.
"""

import httpx2
import pytest

from tests.live.stage import OFFER, SDP, Node, live_space
from tests.world import World


def shape(answer: httpx2.Response) -> tuple[int, object, list[str], bool]:
    """What does not differ from one answer to the next by chance."""
    code = answer.json()["error"]["code"] if answer.status_code >= 400 else None
    drawn = {"x-request-id", "location", "etag", "set-cookie", "date", "content-length"}
    plain = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name not in drawn)
    return answer.status_code, code, plain, "set-cookie" in answer.headers


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (SDP, OFFER, 201),
        ({"content-type": "text/plain"}, OFFER, 415),
        (SDP, b"\xff\xfe", 400),
        (SDP, b"v" * 70_000, 413),
        (SDP | {"authorization": "Bearer vh_nobody"}, OFFER, 401),
        (SDP | {"cookie": "voxhall_session=x", "sec-fetch-site": "cross-site"}, OFFER, 403),
    ],
)
async def test_both_ways_answer_the_same(
    world: World, node: Node, headers: dict[str, str], body: bytes | str, status: int
) -> None:
    space = await live_space(await world.person("ana"))
    answers = []
    for query in ("", "?hidden=false"):
        visitor = await world.browser()
        answers.append(await visitor.post(f"/api/v1/spaces/{space}/whep{query}", content=body, headers=headers))
    assert answers[0].status_code == status
    assert shape(answers[0]) == shape(answers[1])


@pytest.mark.parametrize("space", ["sp_nobodys", "x" * 64, "%00", "sp_%2f"])
async def test_a_space_that_is_none_is_not_found_by_either(world: World, node: Node, space: str) -> None:
    visitor = await world.browser()
    answers = [
        await visitor.post(f"/api/v1/spaces/{space}/whep{query}", content=OFFER, headers=SDP)
        for query in ("", "?hidden=false")
    ]
    assert shape(answers[0]) == shape(answers[1])
    assert answers[0].status_code in {400, 404, 405}
