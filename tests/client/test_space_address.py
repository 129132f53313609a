"""`--space` takes an id or whatever address people have at hand."""

import pytest

from voxhall.errors import InvalidError
from voxhall.media.client import space_api

API = "https://live.example.org/api/v1/spaces/sp_1aB"


@pytest.mark.parametrize(
    "space",
    [
        "https://live.example.org/spaces/sp_1aB",
        "https://live.example.org/spaces/sp_1aB?from=mail#top",
        "https://live.example.org/embed/sp_1aB",
        "https://live.example.org/api/v1/spaces/sp_1aB/whep",
        API,
    ],
)
def test_the_address_of_any_page_of_a_space_finds_it(space: str) -> None:
    assert space_api(space, "http://localhost:8400") == API


def test_an_id_is_looked_for_on_the_server() -> None:
    assert space_api("sp_1aB", "https://live.example.org/") == API


def test_a_server_below_a_path_keeps_it() -> None:
    assert space_api("https://example.org/live/spaces/sp_1", "") == "https://example.org/live/api/v1/spaces/sp_1"


@pytest.mark.parametrize("space", ["", "two words", "ftp://example.org/spaces/sp_1", "https://example.org/", "../sp_1"])
def test_what_is_neither_is_refused(space: str) -> None:
    with pytest.raises(InvalidError):
        space_api(space, "http://localhost:8400")


def test_a_server_without_its_scheme_is_refused() -> None:
    with pytest.raises(InvalidError, match="http://"):
        space_api("sp_1", "localhost:8400")
