"""What two looks at a server say: the price of one more listener, of a join, and what several rounds have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

# A server with this much of its core has no more to give, and one more listener seems cheaper than it is.
SERVER_IS_FULL = 0.95
# A generator with this much of its core is late at times, and losses are its own. Lower leaves out more rounds.
GENERATOR_IS_FULL = 0.8
# Who delivers less has not done the work whose price is asked for. Raised, a starved server looks cheap.
MOST_LOST_PERCENT = 1.0


@dataclass(frozen=True)
class Look:
    """A server, all its processes together, at one moment."""

    at_s: float
    cpu_s: float
    # Counted in hundredths of a second: good for telling how the whole is divided, and too coarse for a slope.
    user_s: float
    system_s: float
    resident_kb: int


@dataclass(frozen=True)
class Window:
    """From one look to a later one."""

    began: Look
    ended: Look

    @property
    def seconds(self) -> float:
        return self.ended.at_s - self.began.at_s

    @property
    def cpu_s(self) -> float:
        return self.ended.cpu_s - self.began.cpu_s

    @property
    def cores(self) -> float:
        return self.cpu_s / self.seconds

    @property
    def user_share(self) -> float:
        user = self.ended.user_s - self.began.user_s
        both = user + self.ended.system_s - self.began.system_s
        return user / both if both else 0.0


@dataclass(frozen=True)
class Price:
    """Of one more listener."""

    cpu_us_per_s: float
    resident_kb: float


def one_more(few: Window, many: Window, more: int) -> Price:
    """The slope between two windows of one server, in the second of which so many more listen."""

    resident_kb = many.ended.resident_kb - few.ended.resident_kb
    return Price((many.cores - few.cores) / more * 1e6, resident_kb / more)


def cpu_ms_a_join(few: Window, joining: Window, price: Price, joins: int, joins_per_s: float) -> float:
    """What the time in which `joins` came took beyond what listening takes.

    Those who were there cost as before; who comes listens from then on, on average since the middle of the coming.
    """
    listener_s = joins * (joining.seconds - joins / joins_per_s / 2)
    listening_s = few.cores * joining.seconds + price.cpu_us_per_s / 1e6 * listener_s
    return (joining.cpu_s - listening_s) / joins * 1000


def spread(values: Sequence[float], digits: int = 1) -> list[float]:
    """Lowest, median, highest."""
    return [round(one, digits) for one in (min(values), median(values), max(values))]
