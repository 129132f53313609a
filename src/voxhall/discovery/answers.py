"""The shapes of what discovery answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.admission.model import Reason
from voxhall.accounts.answers import Account, Named, Profile, TiesAnswer
from voxhall.discovery.ranking import Shown
from voxhall.discovery.said import Hit
from voxhall.errors import JsonObject, JsonValue
from voxhall.spaces.answers import HostAnswer, ListedSpaceAnswer
from voxhall.spaces.model import Person, SpaceState
from voxhall.spaces.model.wire import person_as_json, space_as_json
from voxhall.tips.answers import TipAnswer

SectionName = Literal["followed_live", "followed_upcoming", "live", "upcoming", "replays"]


class WhyAnswer(BaseModel):
    code: Literal["you_follow", "your_topic", "many_listen", "your_language", "just_started", "featured", "public"]
    handle: str | None = None
    display_name: str | None = None
    count: int | None = None
    topic: str | None = None


class ShownSpace(ListedSpaceAnswer):
    reasons: list[WhyAnswer] = Field(description="Why it stands where it stands, weightiest first.")


class SectionAnswer(BaseModel):
    name: SectionName
    items: list[ShownSpace]


class OnStageAnswer(BaseModel):
    handle: str
    space_id: str


class OnStagesAnswer(BaseModel):
    items: list[OnStageAnswer]


class TopicsAnswer(BaseModel):
    items: list[str]


class HomeAnswer(BaseModel):
    sections: list[SectionAnswer]


class TopicFound(BaseModel):
    topic: str
    count: int


class PersonFound(Named):
    bio: str
    follower_count: int


class WordsFound(BaseModel):
    space: ShownSpace
    speaker: HostAnswer | None
    offset_ms: int = Field(description="Where in the recording the first of the words is said.")
    language: str
    text: str = Field(description="What was said around it.")
    url: str = Field(description="Plays it from there.")


class SearchAnswer(BaseModel):
    spaces: list[ShownSpace]
    people: list[PersonFound]
    topics: list[TopicFound]
    words: list[WordsFound]


class SeenProfile(Profile):
    tip_jar: list[TipAnswer]
    tip_jar_changed_at: str | None = Field(
        description="When an address of the Tip Jar last changed, if that was within 24 hours."
    )
    invited_by: Named | None
    on_air: str | None = Field(description="The space on whose stage this person stands now, if one may know of it.")
    you: TiesAnswer | None = Field(description="Null for whoever is not signed in, and on one's own profile.")


class NotYet(BaseModel):
    """One thing that keeps an account from hosting; `needed` followers, or old enough `from` then."""

    model_config = ConfigDict(populate_by_name=True)

    code: Reason
    message: str
    needed: int | None = None
    since: str | None = Field(None, alias="from")


class MayHostAnswer(BaseModel):
    allowed: bool
    reasons: list[NotYet] = Field(description="All that is in the way.")


class Me(Account):
    """What the person sees of themselves."""

    tip_jar: list[TipAnswer]
    may_have_tip_jar: bool
    hosting: MayHostAnswer


def shown_as_json(one: Shown, address: str) -> JsonObject:
    host = one.host
    person = (
        Person(host.id, host.handle, host.display_name, host.picture)
        if host is not None
        else Person("", None, "Somebody who left")
    )
    speakers: list[JsonValue] = [person_as_json(on.person) for on in one.space.stage]
    return {**space_as_json(one.space, person, address), "speakers": speakers, "reasons": [*one.reasons]}


def words_as_json(hit: Hit, space: Shown, speaker: Person | None, address: str) -> JsonObject:
    url = f"{address}/spaces/{hit.space.id}"
    # Who opens a space that is live hears it now: its replay is still to come.
    is_over = hit.space.state is SpaceState.ENDED
    return {
        "space": shown_as_json(space, address),
        "speaker": person_as_json(speaker) if speaker is not None else None,
        "offset_ms": hit.at_ms,
        "language": hit.language,
        "text": hit.text,
        "url": f"{url}?t={hit.at_ms // 1000}s" if is_over else url,
    }
