"""The people of the demo over HTTP: they sign up once, and come back with the password that the demo keeps for them."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from scripts.demo.cast import CAST, Person, Show, Upcoming
from scripts.demo.faces import face_of


class DemoError(Exception):
    """The server refused what the demo wanted; its text is for whoever started it."""


class Somebody:
    """One person of the cast, signed in."""

    def __init__(self, server: str, person: Person, password: str) -> None:
        self.person = person
        self._http = httpx2.Client(base_url=server, timeout=30)
        credentials = {"handle": person.handle, "password": password}
        signed_in = self._http.post("/api/v1/sessions", json=credentials)
        if signed_in.status_code == httpx2.codes.UNAUTHORIZED:
            self.ask("POST", "/api/v1/users", credentials | {"display_name": person.name})
            tips = [{"service": service, "name": name} for service, name in person.tips]
            self.ask("PATCH", "/api/v1/me", {"bio": person.bio, "links": list(person.links), "tip_jar": tips})
            self._show_face()
        elif not signed_in.is_success:
            raise DemoError(f"@{person.handle} cannot sign in: {signed_in.text}")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        if not answer.is_success:
            raise DemoError(f"@{self.person.handle}: {method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def _show_face(self) -> None:
        face, headers = face_of(self.person.handle), {"content-type": "image/png"}
        shown = self._http.put("/api/v1/me/picture", content=face, headers=headers)
        if not shown.is_success:
            raise DemoError(f"@{self.person.handle} cannot show a face: {shown.text}")

    def follow_those_they_know(self) -> None:
        for handle in self.person.follows:
            self.ask("PUT", f"/api/v1/users/{handle}/follow")

    def token(self) -> str:
        """For a program that speaks as them."""
        return str(self.ask("POST", "/api/v1/me/tokens", {"name": "demo"})["token"])

    def spaces(self, state: str) -> list[dict[str, Any]]:
        """Their own, newest first."""
        found = self.ask("GET", f"/api/v1/spaces?state={state}&limit=100")["items"]
        return [space for space in found if space["host"]["handle"] == self.person.handle]

    def open(self, show: Show, **wishes: Any) -> dict[str, Any]:
        body = {"title": show.title, "topics": list(show.topics), "language": show.language, "recording": "on"}
        space: dict[str, Any] = self.ask("POST", "/api/v1/spaces", body | wishes)
        return space

    def plan(self, show: Upcoming, now: datetime) -> None:
        """Unless it is planned already; one whose time has passed is called off and planned anew."""
        for space in self.spaces("scheduled"):
            if space["title"] == show.title:
                if datetime.fromisoformat(space["scheduled_start"]) > now:
                    return
                self.ask("POST", f"/api/v1/spaces/{space['id']}/cancel")
        start = (now + timedelta(hours=show.in_hours)).replace(minute=0, second=0, microsecond=0)
        self.open(show, scheduled_start=start.isoformat())


def come_in(server: str, data: Path) -> dict[str, Somebody]:
    password = _password(data / "demo-password")
    cast = {person.handle: Somebody(server, person, password) for person in CAST}
    for somebody in cast.values():
        somebody.follow_those_they_know()
    return cast


def plan_all(cast: dict[str, Somebody], shows: tuple[Upcoming, ...]) -> None:
    now = datetime.now(UTC)
    for show in shows:
        cast[show.host].plan(show, now)


def _password(file: Path) -> str:
    """One for all of them, made at the first start: nobody else's demo has the same."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12))
    return file.read_text()
