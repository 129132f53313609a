"""Who is in the demo, and what they have planned. All of it goes through the API, as if they had typed it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    handle: str
    name: str
    bio: str
    links: tuple[str, ...] = ()
    # (service, name) in the order in which they are offered.
    tips: tuple[tuple[str, str], ...] = ()
    follows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Show:
    host: str
    title: str
    topics: tuple[str, ...]
    language: str = "en"


@dataclass(frozen=True)
class Upcoming(Show):
    in_hours: float = 24.0


@dataclass(frozen=True)
class Spoken(Show):
    """`voices`: who speaks, and which recording that is."""

    voices: tuple[tuple[str, str], ...] = field(default_factory=tuple)


TALE, PLAY = "two_cities.wav", "beckett.wav"

CAST = (
    Person(
        "ana",
        "Ana Sørensen",
        "Reads old books to new people, Thursdays at eight.",
        ("https://example.org/ana",),
        (("paypal", "AnaReads"), ("bandcamp", "anareads")),
        ("ben", "mary", "omar"),
    ),
    Person(
        "ben",
        "Ben Okri",
        "Theatre, radio, long pauses.",
        tips=(("cash_app", "benokri"), ("venmo", "ben-okri")),
        follows=("ana", "lin"),
    ),
    Person("mary", "Mary Anning", "Fossils, tides and the people who walk along them.", follows=("ana", "ben")),
    Person(
        "omar",
        "عمر الخيام",
        "شعر ورياضيات ونجوم.",
        tips=(("patreon", "omarstars"),),
        follows=("ana", "lin", "mary"),
    ),
    Person("lin", "林 语堂", "Tea, essays, and everything that can be said slowly.", follows=("omar",)),
    Person("zoe", "Zoë Castellanos", "I listen more than I talk.", follows=("ana", "ben", "mary", "omar", "lin")),
)

# By those who are not on the live stage: nobody speaks in two spaces at once.
PAST = (
    Spoken("mary", "Two voices, no stage: a rehearsal", ("theatre",), voices=(("mary", PLAY), ("lin", TALE))),
    Spoken("omar", "One page, read slowly", ("books",), voices=(("omar", TALE),)),
)
LIVE = Spoken(
    "ana", "The best of times: reading Dickens aloud", ("books", "reading"), voices=(("ana", TALE), ("ben", PLAY))
)
UPCOMING = (
    Upcoming("mary", "Low tide: what the storm uncovered", ("science", "sea"), in_hours=3),
    Upcoming("omar", "ليلة القصص: حكايات من البحر والصحراء", ("poetry",), "ar", in_hours=26),
    Upcoming("lin", "A slow hour about tea", ("tea",), in_hours=50),
)
