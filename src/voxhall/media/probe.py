"""A connection that only wants to know whether it comes about: what a listener does up to the encrypted handshake."""

from typing import Literal, TypeAlias

from voxhall.media import _core

Kind: TypeAlias = Literal["udp", "tcp"]


class Probe:
    def __init__(self, kind: Kind) -> None:
        self._peer = _core.Subscriber(tcp=kind == "tcp")

    def offer(self) -> str:
        return self._peer.offer()

    def is_reached(self, answer: str, timeout_s: float) -> bool:
        """Whether the handshake is done within this time, by the ways that the answer names."""
        try:
            self._peer.answer(answer)
            return self._peer.wait_connected(timeout_s)
        except _core.ClientError:
            return False

    def close(self) -> None:
        self._peer.close()
