"""When a series takes place: the rule alone, without a server."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from voxhall.errors import InvalidError
from voxhall.spaces.series.model import clean_rule, cut, following, moved, occurrences

BERLIN = "Europe/Berlin"


def at(reading: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(reading).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def first(rule: str, start: datetime, count: int, zone: str = BERLIN) -> list[str]:
    """As a clock in that zone shows them."""
    found = islice(occurrences(clean_rule(rule, start, zone), start, zone), count)
    return [f"{one.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" for one in found]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY", "2026-12-31T20:00", ["Thu 2026-12-31 20:00", "Fri 2027-01-01 20:00"]),
        ("FREQ=WEEKLY", "2027-03-21T20:00", ["Sun 2027-03-21 20:00", "Sun 2027-03-28 20:00", "Sun 2027-04-04 20:00"]),
        ("freq=weekly;byday=tu,th", "2026-11-24T20:00", ["Tue 2026-11-24 20:00", "Thu 2026-11-26 20:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27T20:00", ["Fri 2026-11-27 20:00", "Fri 2026-12-25 20:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-11-30T09:00", ["Mon 2026-11-30 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30T20:00", ["Mon 2026-11-30 20:00", "Thu 2026-12-31 20:00"]),
        (
            "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29",
            "2028-02-29T20:00",
            ["Tue 2028-02-29 20:00", "Sun 2032-02-29 20:00"],
        ),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261201", "2026-11-24T23:30", ["Tue 2026-11-24 23:30", "Tue 2026-12-01 23:30"]),
        ("FREQ=DAILY;COUNT=1", "2026-11-24T20:00", ["Tue 2026-11-24 20:00"]),
    ],
)
def test_rules_that_people_say_aloud(rule: str, start: str, expected: list[str]) -> None:
    assert first(rule, at(start), len(expected)) == expected


def test_a_rule_that_ends_ends_with_its_last_day_where_its_host_lives() -> None:
    assert len(first("FREQ=DAILY;UNTIL=20261126", at("2026-11-24T23:30"), 9)) == 3
    assert len(first("FREQ=DAILY;UNTIL=20261126", at("2026-11-24T00:30", "Asia/Tokyo"), 9, "Asia/Tokyo")) == 3


def test_a_time_that_the_clocks_leave_out_comes_all_the_same() -> None:
    start = at("2027-03-27T02:30")
    nights = list(islice(occurrences("FREQ=DAILY", start, BERLIN), 3))
    assert [f"{night:%d %H:%M}" for night in nights] == ["27 01:30", "28 01:30", "29 00:30"]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "nonsense",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270101",
        "FREQ=WEEKLY;COUNT=1000",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=WEEKLY;BYDAY=WE",
        "FREQ=DAILY;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1TU;BYSETPOS=2",
        "FREQ=WEEKLY;UNTIL=20261101",
        "FREQ=WEEKLY;UNTIL=20261345",
        "FREQ=WEEKLY;\r\nX-EVIL:1",
        "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["24"] * 200),
    ],
)
def test_what_is_no_rule_or_never_comes_is_refused(rule: str) -> None:
    with pytest.raises(InvalidError):
        clean_rule(rule, at("2026-11-24T20:00"), BERLIN)


def test_a_rule_is_cut_in_two_and_nothing_is_lost() -> None:
    start = at("2026-11-24T20:00")
    for rule in ("FREQ=WEEKLY;COUNT=6", clean_rule("FREQ=WEEKLY;UNTIL=20261229", start, BERLIN)):
        whole = list(occurrences(rule, start, BERLIN))
        before, after = cut(rule, start, BERLIN, whole[2])
        assert [*occurrences(before, start, BERLIN), *occurrences(after, whole[2], BERLIN)] == whole
        assert len(whole) == 6


def test_a_move_is_read_from_the_clock_on_the_wall() -> None:
    old, new = at("2027-03-21T20:00"), at("2027-03-22T19:30")
    assert moved(at("2027-03-28T20:00"), old, new, BERLIN) == at("2027-03-29T19:30")


@pytest.mark.parametrize(
    ("rule", "start", "follows"),
    [
        ("FREQ=WEEKLY", "2026-11-25T20:00", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=TU", "2026-11-25T20:00", "FREQ=WEEKLY;BYDAY=WE"),
        ("FREQ=MONTHLY;BYDAY=4TU", "2026-11-18T20:00", "FREQ=MONTHLY;BYDAY=3WE"),
        ("FREQ=MONTHLY;BYMONTHDAY=24", "2026-11-25T20:00", "FREQ=MONTHLY;BYMONTHDAY=25"),
    ],
)
def test_a_rule_follows_its_start_to_another_day(rule: str, start: str, follows: str) -> None:
    assert following(rule, at(start), BERLIN) == follows


def test_a_rule_of_several_days_does_not_guess() -> None:
    with pytest.raises(InvalidError):
        following("FREQ=WEEKLY;BYDAY=TU,TH", at("2026-11-25T20:00"), BERLIN)


def test_no_rule_makes_anybody_search_for_long() -> None:
    """The sparsest that is taken: the fifth Monday of Februaries."""
    start = at("2044-02-29T20:00")
    rule = clean_rule("FREQ=MONTHLY;INTERVAL=12;BYDAY=MO;BYSETPOS=5", start, BERLIN)
    assert next(occurrences(rule, start, BERLIN)) == start
    assert len(list(islice(occurrences("FREQ=DAILY", start, BERLIN), 3_650))) == 3_650
    assert list(islice(occurrences("FREQ=DAILY", start, BERLIN), 2))[1] - start == timedelta(days=1)
