"""When a series takes place, and how it is cut in two. Pure.

A rule is an RRULE (RFC 5545 §3.3.10) in the host's time zone: eight in the evening stays eight in the evening when the
clocks change. Taken are those rules that people say aloud; each of them has an occurrence within a few years, so no
rule makes anybody search through millennia.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from voxhall.errors import InvalidError
from voxhall.spaces.model import Delay, Recording, WhoMayListen, WhoMaySpeak
from voxhall.spaces.model.lifecycle import FURTHEST
from voxhall.spaces.model.words import SeriesId

# So many coming ones are spaces, with an address and reminders; more would fill lists, fewer could not be prepared.
AHEAD = 5
MAX_RULE_CHARS = 200
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_DAY = f"(?:{'|'.join(DAYS)})"
_MONTH_DAY = "-?(?:[1-9]|[12][0-9]|3[01])"
_VALUES = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "[1-9][0-9]?",
    "COUNT": "[1-9][0-9]{0,2}",
    "UNTIL": "[0-9]{8}(?:T[0-9]{6}Z)?",
    "BYDAY": f"(?:-1|[1-5])?{_DAY}(?:,(?:-1|[1-5])?{_DAY}){{0,6}}",
    "BYMONTHDAY": f"{_MONTH_DAY}(?:,{_MONTH_DAY}){{0,30}}",
    "BYSETPOS": "-1|[1-5]",
    "WKST": _DAY,
}
# What may stand beside a frequency.
_FITTING = {"DAILY": set(), "WEEKLY": {"BYDAY"}, "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"}, "YEARLY": set()}
_NARROWING = {"BYDAY", "BYMONTHDAY", "BYSETPOS"}


class Stretch(StrEnum):
    """How much of a series a change is about: this one, this and the following, or all that have not begun."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Series:
    """What each of its spaces begins as. `start` is the first one's, in UTC; `revision` counts changes."""

    id: SeriesId
    host_id: str
    rule: str
    start: datetime
    time_zone: str
    title: str
    topics: tuple[str, ...]
    language: str | None
    who_may_speak: WhoMaySpeak
    who_may_listen: WhoMayListen
    recording: Recording
    delay: Delay
    created_at: datetime
    revision: int = 0
    # Up to here each occurrence has become a space; None before the first.
    planned_up_to: datetime | None = None
    # Nothing is planned any more: called off, cut, or the rule is at its end.
    is_over: bool = False


def clean_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise InvalidError.of("repeats.time_zone", "This is not a time zone such as Europe/Berlin.") from None


def clean_rule(text: str, start: datetime, zone: str) -> str:
    """In one spelling, with `UNTIL` in UTC; InvalidError for what is no rule, or does not begin at `start`."""
    parts = _parts(text.strip().upper().removeprefix("RRULE:"))
    until = parts.get("UNTIL")
    if until is not None and "T" not in until:
        parts["UNTIL"] = _end_of_day(until, zone)
    rule = _spelled(parts)
    if not _may_begin(parts, start.astimezone(ZoneInfo(zone))):
        raise _mistake("It must begin on a day on which it repeats.")
    if next(occurrences(rule, start, zone), None) != start:
        raise _mistake("It ends before it begins.")
    return rule


def occurrences(rule: str, start: datetime, zone: str) -> Iterator[datetime]:
    """Every one there is, in UTC, in order."""
    for at in rrulestr(rule, dtstart=start.astimezone(ZoneInfo(zone))):
        yield at.astimezone(UTC)


def next_of(series: Series, how_many: int, now: datetime) -> tuple[list[datetime], bool]:
    """The next to become spaces, and whether there are no more after them. What passed meanwhile never was."""
    after = series.planned_up_to
    coming = (at for at in occurrences(series.rule, series.start, series.time_zone) if after is None or at > after)
    found = list(islice((at for at in coming if at > now), how_many + 1))
    near = [at for at in found[:how_many] if at - now <= FURTHEST]
    return near, len(found) <= len(near)


def cut(rule: str, start: datetime, zone: str, at: datetime) -> tuple[str, str]:
    """The rule of what comes before `at`, which is an occurrence, and the rule from there on."""
    parts = _parts(rule)
    ended = {name: value for name, value in parts.items() if name != "COUNT"}
    ended["UNTIL"] = f"{at - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
    if "COUNT" in parts:
        before = sum(1 for _ in takewhile(lambda one: one < at, occurrences(rule, start, zone)))
        parts["COUNT"] = str(max(1, int(parts["COUNT"]) - before))
    return _spelled(ended), _spelled(parts)


def following(rule: str, start: datetime, zone: str) -> str:
    """The rule as it goes on from another start: "the second Tuesday" becomes "the first Monday"."""
    parts = _parts(rule)
    here = start.astimezone(ZoneInfo(zone))
    day = DAYS[here.weekday()]
    if re.fullmatch(f"[1-5]{_DAY}", parts.get("BYDAY", "")) and here.day <= 28:
        parts["BYDAY"] = f"{(here.day - 1) // 7 + 1}{day}"
    elif re.fullmatch(_DAY, parts.get("BYDAY", "")):
        parts["BYDAY"] = day
    elif re.fullmatch(_MONTH_DAY, parts.get("BYMONTHDAY", "")) and not parts["BYMONTHDAY"].startswith("-"):
        parts["BYMONTHDAY"] = str(here.day)
    return clean_rule(_spelled(parts), start, zone)


def moved(at: datetime, old: datetime, new: datetime, zone: str) -> datetime:
    """`at`, moved as `old` was moved to `new` by somebody who reads the clock of that zone."""
    here = ZoneInfo(zone)
    by = _reading(new, here) - _reading(old, here)
    return (_reading(at, here) + by).replace(tzinfo=here).astimezone(UTC)


def _reading(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _parts(text: str) -> dict[str, str]:
    if len(text) > MAX_RULE_CHARS:
        raise _mistake("This rule is too long.")
    pairs = [part.partition("=")[::2] for part in text.split(";")]
    parts = dict(pairs)
    if len(parts) < len(pairs) or "FREQ" not in parts:
        raise _mistake("This is not a rule such as FREQ=WEEKLY.")
    for name, value in parts.items():
        if name not in _VALUES or not re.fullmatch(_VALUES[name], value):
            raise _mistake("This is not a rule such as FREQ=WEEKLY.")
    _check_together(parts)
    return parts


def _check_together(parts: dict[str, str]) -> None:
    narrowed = parts.keys() & _NARROWING
    if not narrowed <= _FITTING[parts["FREQ"]] or {"BYDAY", "BYMONTHDAY"} <= narrowed:
        raise _mistake("These days do not go with how often it repeats.")
    is_numbered = any(char.isdigit() for char in parts.get("BYDAY", ""))
    if is_numbered and (parts["FREQ"] != "MONTHLY" or "BYSETPOS" in parts):
        raise _mistake("The first or last of a weekday goes with months.")
    if "BYSETPOS" in parts and "BYDAY" not in parts:
        raise _mistake("A position needs weekdays.")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise _mistake("A series ends after a number or on a day, not both.")


def _may_begin(parts: dict[str, str], start: datetime) -> bool:
    """Whether it can begin on that day at all, asked before anything is searched."""
    if days := parts.get("BYDAY"):
        return DAYS[start.weekday()] in {day[-2:] for day in days.split(",")}
    if days := parts.get("BYMONTHDAY"):
        next_month = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        from_the_end = start.day - 1 - (next_month - timedelta(days=1)).day
        return bool({str(start.day), str(from_the_end)} & set(days.split(",")))
    return True


def _spelled(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={parts[name]}" for name in _VALUES if name in parts)


def _end_of_day(day: str, zone: str) -> str:
    try:
        date = datetime.strptime(day, "%Y%m%d").replace(tzinfo=ZoneInfo(zone))
        end = datetime.combine(date, time(23, 59, 59), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _mistake("There is no such day.") from None
    return f"{end:%Y%m%dT%H%M%SZ}"


def _mistake(sentence: str) -> InvalidError:
    return InvalidError.of("repeats.rule", sentence)
