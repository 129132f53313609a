"""The services of the Tip Jar: one row of data each. A new one is a new row, and a test case beside it.

A name is checked by its service's own rules, all of them plain ASCII, so no letter of another script can pass for one
of ours; the address is made here and nowhere else, so it always lies at the service.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """`pattern` is for the whole name; `address` holds it once, as `{name}`."""

    id: str
    title: str
    address: str
    pattern: re.Pattern[str]
    rule: str
    # In small letters: pages of the service itself, where nobody could be paid.
    reserved: frozenset[str] = frozenset()
    # Written before the name by people who copy it from the app.
    prefix: str = ""
    # Switched on by the operator, not from the beginning.
    is_extra: bool = False

    def url(self, name: str) -> str:
        return self.address.format(name=name)

    @property
    def host(self) -> str:
        """Below which every address of this service lies."""
        return self.address.removeprefix("https://").partition("/")[0].removeprefix("{name}.")


SERVICES: dict[str, Service] = {
    service.id: service
    for service in (
        # PayPal.Me: letters and digits, 20 at most.
        Service(
            "paypal",
            "PayPal",
            "https://paypal.me/{name}",
            re.compile(r"[A-Za-z0-9]{1,20}"),
            "1 to 20 letters and digits.",
            frozenset({"signin", "login", "my", "www", "pools"}),
        ),
        # $Cashtag: 20 at most, one letter at least, no symbols, dashes or spaces.
        Service(
            "cash_app",
            "Cash App",
            "https://cash.app/${name}",
            re.compile(r"(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,20}"),
            "1 to 20 letters and digits, one letter at least.",
            prefix="$",
        ),
        Service(
            "patreon",
            "Patreon",
            "https://patreon.com/{name}",
            re.compile(r"[A-Za-z0-9_]{1,64}"),
            "1 to 64 letters, digits and underscores.",
            frozenset({"login", "signup", "home", "posts", "search", "settings", "explore", "policy", "c", "user"}),
        ),
        Service(
            "venmo",
            "Venmo",
            "https://venmo.com/u/{name}",
            re.compile(r"[A-Za-z0-9_-]{5,30}"),
            "5 to 30 letters, digits, hyphens and underscores.",
            prefix="@",
        ),
        # The name is a part of a host: four letters at least, no hyphen at either end (63 at most by RFC 1035 §2.3.4).
        Service(
            "bandcamp",
            "Bandcamp",
            "https://{name}.bandcamp.com",
            re.compile(r"[a-z0-9][a-z0-9-]{2,61}[a-z0-9]"),
            "4 to 63 small letters, digits and hyphens, no hyphen at either end.",
            frozenset({"daily", "help", "blog", "status", "store", "mail", "pages"}),
        ),
        Service(
            "ko_fi",
            "Ko-fi",
            "https://ko-fi.com/{name}",
            re.compile(r"[A-Za-z0-9_]{3,50}"),
            "3 to 50 letters, digits and underscores.",
            frozenset({"account", "explore", "gold", "home", "login", "manage", "post", "shop"}),
            is_extra=True,
        ),
        Service(
            "liberapay",
            "Liberapay",
            "https://liberapay.com/{name}",
            re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,31}"),
            "1 to 32 letters, digits, hyphens, underscores and dots, no dot first.",
            frozenset({"about", "explore", "search", "sign-in", "sign-up"}),
            is_extra=True,
        ),
        Service(
            "buy_me_a_coffee",
            "Buy Me a Coffee",
            "https://buymeacoffee.com/{name}",
            re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,49}"),
            "2 to 50 letters, digits, dots, hyphens and underscores.",
            frozenset({"about", "explore", "login", "signup", "faq", "wishlist"}),
            is_extra=True,
        ),
        # GitHub: 39 at most, single hyphens between letters and digits.
        Service(
            "github_sponsors",
            "GitHub Sponsors",
            "https://github.com/sponsors/{name}",
            re.compile(r"(?=.{1,39}\Z)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"),
            "1 to 39 letters, digits and single hyphens between them.",
            frozenset({"accounts", "explore", "community"}),
            is_extra=True,
        ),
        # A payment link has no name; what stands behind buy.stripe.com/ does.
        Service(
            "stripe",
            "Stripe",
            "https://buy.stripe.com/{name}",
            re.compile(r"[A-Za-z0-9]{14,40}"),
            "The 14 to 40 letters and digits behind buy.stripe.com/.",
            is_extra=True,
        ),
    )
}
BUILT_IN = frozenset(one.id for one in SERVICES.values() if not one.is_extra)
EXTRAS = frozenset(SERVICES) - BUILT_IN
