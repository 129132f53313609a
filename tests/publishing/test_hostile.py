"""Five hundred strings that mean harm, through every text field, into every view that strangers and programs read."""

import json
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx2

from tests.notifications.square import open_square
from tests.postbox import open_postbox, text_of
from tests.publishing.test_previews import Head
from tests.world import Person, World
from voxhall.accounts.recovery import store as recovery
from voxhall.kit.clock import to_wire
from voxhall.kit.mail import Letter, message_of
from voxhall.publishing.previews import head
from voxhall.publishing.previews.picture import draw
from voxhall.spaces.model import Person as Somebody

CLOSERS = ("", '"', "'", "-->", "]]>", "</title>", "</script>", "</style>", "\\", "`", "}", '">', "'/>", "&quot;")
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    " onmouseover=alert(1) x=",
    "javascript:alert(1)",
    "<!--",
    "<![CDATA[<b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "%s%n%x{0}{}",
    "'; DROP TABLE users; --",
    '{"@type":"x"}</script><b>',
    "BEGIN:VEVENT X-EVIL:1 END:VEVENT",
    ";;,,\\n\\,DTSTART:19700101",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "=cmd|' /C calc'!A0",
    "https://example.org/?a=1&b=<2>",
    "ＡＢＣ＜ｓｃｒｉｐｔ＞",
    "ﷺ﷽" + "W" * 20,
    "🏳️‍🌈👨‍👩‍👧‍👦" * 3,
    "مرحبا <b>שלום</b> abc",
    "e" + "\u0301" * 4,
    "../../../etc/passwd",
    "Cc: evil@example.org",
    "=?utf-8?q?=0aBcc:_evil@example.org?=",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>1</script>'>",
    "NULL nil undefined NaN -1 1e999",
    "]>&a;<?xml version='1.0'?>",
    "<link rel=stylesheet href=//evil.example>",
    "<textarea><title><noscript>",
    "<a href='javascript:1'>x</a>",
    "<form action=//evil.example><input>",
)
# What clean_text refuses by itself: it must be refused everywhere, with a sentence and not with a failure.
REFUSED = (
    "\x00",
    "a\x1b[31m",
    "a\u202eb",
    "a\u200bb",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") + "\x07",
)
HOSTILE = [f"{closer}{attack}" for closer, attack in product(CLOSERS, ATTACKS)]
# Tags that only we may write into a head.
OURS = {"html", "head", "meta", "link", "title", "script", "body", "div", "style", "noscript", "p", "a", "svg", "path"}


SENT = ("Voxhall <voxhall@example.org>", datetime(2026, 11, 22, tzinfo=UTC), "nt_1")
LETTER_HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        # What stands in `<script type="application/ld+json">`.
        self.data: list[str] = []
        self._is_data = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self._is_data = tag == "script" and ("type", "application/ld+json") in attrs

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data.append(data)

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._is_data = False


def test_there_are_five_hundred() -> None:
    assert len(set(HOSTILE)) >= 500


def test_no_head_picture_or_letter_is_broken_by_any_of_them() -> None:
    plain = _shape(head.tags(_preview("Plain words", "Plain words"), "Voxhall", "https://live.example.org"))
    for text in HOSTILE:
        preview = _preview(text, text)
        written = head.tags(preview, text, "https://live.example.org")
        assert _shape(written) == plain, text
        found = Head(written)
        assert found.meta["og:title"] == text
        [data] = Tags(written).data
        assert json.loads(data)["mainEntity"]["name"] == text
        assert "<" not in head.page_title(preview, "Voxhall")
        said = message_of(Letter("ana@example.org", f"Ana {text}", [text], (text, "https://live.example.org")), *SENT)
        # As it arrives, not as it was put together.
        said = BytesParser(policy=default).parsebytes(said.as_bytes())
        assert sorted(said.keys()) == sorted(LETTER_HEADERS), text
        html = said.get_body(("html",))
        assert html is not None
        assert {tag for tag, _ in Tags(html.get_content()).found} <= {"html", "body", "p", "a"}, text
    # A picture takes 20 ms: each of the kinds once.
    for text in ATTACKS:
        assert draw(_preview(text, text).shown).startswith(b"\x89PNG"), text


def _preview(title: str, name: str) -> head.Preview:
    return head.of_person(Somebody("us_1", "ana", name), title, "Voxhall", "https://live.example.org")


def _shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    return Tags(html).found


def handfuls() -> list[list[str]]:
    """All of them, as many at a time as a bio holds."""
    found: list[list[str]] = [[]]
    for text in HOSTILE:
        if sum(map(len, found[-1])) + len(found[-1]) + len(text) > 480:
            found.append([])
        found[-1].append(text)
    return found


async def test_every_field_takes_or_refuses_them_and_every_view_stays_whole(small_world: World) -> None:
    ana = await small_world.person("ana")
    stranger = await small_world.browser()
    shapes: set[str] = set()
    space = (await ana.http.post("/api/v1/spaces", json={"title": "Plain"})).json()["id"]
    for texts in handfuls():
        text = texts[0]
        await _everywhere(ana, text, " ".join(texts))
        planned = {"title": text[:100], "topics": [text[:30]], "scheduled_start": "2027-01-01T20:00:00Z"}
        made = await ana.http.post("/api/v1/spaces", json=planned)
        assert made.status_code in {201, 422}, text
        shown = made.json()["id"] if made.status_code == 201 else space
        shapes.add(json.dumps(await _views(stranger, shown)))
        if made.status_code == 201:
            await ana.http.post(f"/api/v1/spaces/{shown}/cancel")
        assert (await stranger.get("/api/v1/search", params={"q": text[:200]})).status_code == 200, text
    assert len(shapes) <= 2, shapes
    for text in REFUSED:
        answer = await ana.http.patch("/api/v1/me", json={"display_name": text})
        assert answer.status_code in {400, 422}, ascii(text)


async def _everywhere(ana: Person, text: str, many: str) -> None:
    for body in (
        {"display_name": text[:80], "bio": many, "pronouns": text[:40]},
        {"links": [text[:200]]},
        {"tip_jar": [{"service": "paypal", "name": text[:60]}]},
    ):
        answer = await ana.http.patch("/api/v1/me", json=body)
        assert answer.status_code in {200, 422}, (body, answer.text)
        # Refusals repeat nothing of it.
        assert answer.status_code == 200 or text[:30] not in answer.text, text
    note = await ana.http.post("/api/v1/reports", json={"handle": "nobody", "reason": "other", "note": many})
    assert note.status_code in {404, 422}


async def _read_by_machines(stranger: httpx2.AsyncClient, path: str, html: str) -> None:
    """JSON-LD and oEmbed say the same name as the page, and are nothing but JSON."""
    head = Head(html)
    [text] = Tags(html).data
    data = json.loads(text)
    assert data["@context"] == "https://schema.org"
    assert data.get("name", data.get("mainEntity", {}).get("name")) == head.meta["og:title"]
    [oembed] = [link["href"] for link in head.links if link.get("type") == "application/json+oembed"]
    target = urlsplit(str(oembed))
    answer = await stranger.get(f"{target.path}?{target.query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), path
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["title"] == head.meta["og:title"]
    # Of no kind that is shown as markup by whoever embeds it.
    assert answer.json()["type"] == "link"
    assert "html" not in answer.json()


async def _views(stranger: httpx2.AsyncClient, space: str) -> list[object]:
    """The tags and attributes of the pages, and that the rest can be read at all."""
    found: list[object] = []
    for path in (f"/spaces/{space}", "/@ana"):
        page = await stranger.get(path)
        assert page.status_code == 200
        tags = Tags(page.text).found
        assert {tag for tag, _ in tags} <= OURS, path
        assert not any(name.startswith("on") for _, names in tags for name in names), path
        found.append(tags)
        await _read_by_machines(stranger, path, page.text)
    feed = await stranger.get("/@ana/feed.xml")
    if feed.status_code == 200:
        ElementTree.fromstring(feed.content)
    calendar = await stranger.get("/@ana/calendar.ics")
    if calendar.status_code == 200:
        lines = calendar.text.replace("\r\n ", "").split("\r\n")
        begun = [line for line in lines if line.startswith("BEGIN:")]
        assert set(begun) <= {"BEGIN:VCALENDAR", "BEGIN:VEVENT", "BEGIN:VALARM", "BEGIN:VTIMEZONE"}
        assert not any(line.startswith(("X-EVIL", "Cc:")) for line in lines)
    return found


async def test_every_letter_of_news_says_them_as_words(tmp_path: Path) -> None:
    """A title and a name go through the announcement, the job and a mail server into a mailbox, and stay words."""
    async with open_postbox() as box, open_square(tmp_path / "data", None, **box.settings) as square:
        kit, ana, ben = square.world.kit, await square.person("ana"), await square.person("ben")
        async with kit.db.write() as tx:
            await recovery.save_mail(tx, ben.user.id, "ben@example.org")
        said: list[str] = []
        for number, text in enumerate(ATTACKS):
            name = (await ana.http.patch("/api/v1/me", json={"display_name": text[:80]})).status_code
            start = to_wire(kit.clock.now() + timedelta(hours=number + 1))
            body = {"title": text[:100], "scheduled_start": start, "speakers": ["ben"]}
            made = await ana.http.post("/api/v1/spaces", json=body)
            assert name in {200, 422}, text
            assert made.status_code in {201, 422}, text
            if made.status_code == 201:
                said.append(made.json()["title"])
        await square.told()
        letters = box.letters()
        assert len(letters) == len(said) > 20
        for to, letter in letters:
            assert to == "ben@example.org"
            unsubscribe = ["List-Unsubscribe", "List-Unsubscribe-Post"]
            assert sorted(letter.keys()) == sorted([*LETTER_HEADERS, *unsubscribe])
            tags = Tags(text_of(letter, "html")).found
            assert [tag for tag, _ in tags] == ["html", "body", "p", "p", "a", "p", "p", "a"]
            assert not any(name.startswith("on") for _, names in tags for name in names)
        assert sorted(text_of(letter).splitlines()[0] for _, letter in letters) == sorted(said)
