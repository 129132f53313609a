"""JSON as we accept it from strangers: UTF-8, not deep, no NaN, no key twice, no half of a surrogate pair, no NUL.

Parsers disagree about each of these, and what one part lets through another one chokes on (duplicate keys hid a
role from a check in Jitsi's JSA-2023-0001; half a surrogate cannot be answered, NUL cannot be stored in
PostgreSQL).
"""

import json
import math
import re
from typing import Any, NoReturn

from voxhall.errors import BadJsonError, JsonValue

# No message of ours is deeper than 6; the parser itself gives up, less politely, near 1,000.
MAX_DEPTH = 32

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SUSPECT = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|\x00")


def parse(body: bytes | str) -> JsonValue:
    """The value, or BadJsonError with a sentence that says what is wrong and repeats nothing of it."""
    try:
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        raise BadJsonError("The body is not UTF-8.") from None
    _check_depth(text)
    try:
        value: JsonValue = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_each_key_once
        )
    except (ValueError, RecursionError):
        raise BadJsonError from None
    if _SUSPECT.search(text):
        _check_strings(value)
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > MAX_DEPTH:
            raise BadJsonError("The JSON is nested too deeply.")


def _refuse_constant(_name: str) -> NoReturn:
    raise BadJsonError("NaN and Infinity are not JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJsonError("A number is too large.")
    return number


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJsonError("An object names the same key twice.")
    return found


def _check_strings(value: JsonValue) -> None:
    match value:
        case str():
            if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
                raise BadJsonError("A string holds a character that cannot be stored.")
        case list():
            for item in value:
                _check_strings(item)
        case dict():
            for key, item in value.items():
                _check_strings(key)
                _check_strings(item)
