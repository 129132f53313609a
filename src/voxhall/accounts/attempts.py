"""How often one address may try: signing up, and being wrong about a password.

Kept in memory: a restart forgives, which is cheaper than a write to the disk for every guess of a stranger.
"""

import ipaddress

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from voxhall.config import Settings
from voxhall.errors import TooManyRequestsError

# Guessing over many handles from one address: ten times what one handle allows.
ADDRESS_FACTOR = 10
LETTERS_PER_HOUR = 5
QUESTIONS_PER_MINUTE = 60


class Attempts:
    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._letters = RateLimitItemPerHour(LETTERS_PER_HOUR)
        self._letters_of_address = RateLimitItemPerHour(LETTERS_PER_HOUR * ADDRESS_FACTOR)
        self._questions = RateLimitItemPerMinute(QUESTIONS_PER_MINUTE)
        failures = settings.failed_sign_ins_per_5_minutes
        self._sign_ups = RateLimitItemPerHour(settings.sign_ups_per_hour)
        self._failures = RateLimitItemPerMinute(failures, 5)
        self._failures_of_address = RateLimitItemPerMinute(failures * ADDRESS_FACTOR, 5)

    async def count_sign_up(self, address: str) -> None:
        """Refuses one too many."""
        if not await self._limiter.hit(self._sign_ups, "sign-up", _network(address)):
            raise TooManyRequestsError(headers={"retry-after": "600"})

    async def count_letter(self, address: str, mail: str) -> None:
        """Nobody's mailbox is filled from here, and nobody's household fills many."""
        if not await self._limiter.hit(self._letters, "letter", mail) or not await self._limiter.hit(
            self._letters_of_address, "letter-from", _network(address)
        ):
            raise TooManyRequestsError(headers={"retry-after": "600"})

    async def count_question(self, address: str) -> None:
        """Each costs a line in the database for some minutes."""
        if not await self._limiter.hit(self._questions, "question", _network(address)):
            raise TooManyRequestsError(headers={"retry-after": "60"})

    async def check_sign_in(self, address: str, handle: str) -> None:
        """Refuses after too many wrong passwords; right ones are not counted."""
        network = _network(address)
        may_try = await self._limiter.test(self._failures, "sign-in", network, handle)
        if not may_try or not await self._limiter.test(self._failures_of_address, "sign-in", network):
            raise TooManyRequestsError(headers={"retry-after": "300"})

    async def count_failure(self, address: str, handle: str) -> None:
        network = _network(address)
        await self._limiter.hit(self._failures, "sign-in", network, handle)
        await self._limiter.hit(self._failures_of_address, "sign-in", network)


def _network(address: str) -> str:
    """One household: an IPv4 address, or the /64 that a provider gives to each customer of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
