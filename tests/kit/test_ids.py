"""Ids are made in a way of our own, and read like everybody's base32."""

import base64

from voxhall.kit.ids import Ids, base32


def test_an_id_is_128_bits_in_base32() -> None:
    for bits in (bytes(16), b"\xff" * 16, bytes(range(16)), Ids().challenge()[:16]):
        assert base32(bits).upper() + "======" == base64.b32encode(bits).decode()


def test_an_id_that_is_derived_says_what_it_names_and_is_the_same_for_the_same_parts() -> None:
    one, other = (Ids().derived("pa", "sp_1", person) for person in ("gu_1", "gu_2"))
    assert one.startswith("pa_")
    assert one != other
    assert one == Ids().derived("pa", "sp_1", "gu_1")
