"""Argon2id, off the event loop and a bounded number at once, so that a flood of sign-ins cannot starve the sound of
CPU or the machine of memory (each hash takes 64 MiB while it runs).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voxhall.errors import CapacityError

T = TypeVar("T")

AT_ONCE = 2
# About three seconds of waiting at 90 ms each on a small machine; who comes later is told to come again.
MAX_WAITING = 64


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys_hash: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Takes as long for an account that does not exist (None), so that the time does not tell who is here."""
        if password_hash is None:
            self._nobodys_hash = self._nobodys_hash or await self.hash("nobody's")
        is_right = await self._run(self._verify, password_hash or self._nobodys_hash or "", password)
        return is_right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than are usual now."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *args: str) -> T:
        if self._waiting >= MAX_WAITING:
            raise CapacityError("Too many people are signing in at once; try again.", headers={"retry-after": "3"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._waiting -= 1
