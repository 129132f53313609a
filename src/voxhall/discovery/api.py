"""Routes of the home page, search and topics."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.answers import PromotionBody, named_as_json
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope, User
from voxhall.discovery import actions, pictures, profiles
from voxhall.discovery.answers import (
    HomeAnswer,
    OnStagesAnswer,
    SearchAnswer,
    TopicsAnswer,
    shown_as_json,
    words_as_json,
)
from voxhall.discovery.showing import Section
from voxhall.errors import JsonObject, NotFoundError
from voxhall.kit.web import KitDep
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId

router = APIRouter(prefix="/api/v1", tags=["discovery"])
SpaceIdPath = Annotated[str, Path(max_length=64)]
router.include_router(profiles.router)
router.include_router(pictures.router)


TopicPath = Annotated[str, Path(max_length=120)]
Kind = Literal["spaces", "people", "topics", "words"]


@router.get("/home", response_model=HomeAnswer)
async def home(kit: KitDep, actor: ActorDep, request: Request) -> JsonObject:
    """The sections in their order, each item with the reasons for its place; docs/ranking.md has the formula."""
    language = request.headers.get("accept-language", "")[:100].split(",")[0].partition(";")[0].strip() or None
    return sections_as_json(await actions.home(kit, actor, language), kit.settings.address)


@router.get("/search", response_model=SearchAnswer)
async def search(
    kit: KitDep,
    actor: ActorDep,
    q: Annotated[str, Query(max_length=200)],
    kind: Kind | None = None,
    language: Annotated[
        str | None, Query(max_length=35, description="Only spaces and words in it: en is en-GB, too.")
    ] = None,
) -> JsonObject:
    """By the beginnings of words, all of them: fit to be asked while somebody types."""
    found = await actions.find(kit, actor, q, kind, language)
    return {
        "spaces": [shown_as_json(one, kit.settings.address) for one in found.spaces],
        "people": [_person(one) for one in found.people],
        "topics": [{"topic": topic, "count": count} for topic, count in found.topics],
        "words": [words_as_json(*one, kit.settings.address) for one in found.words],
    }


@router.get("/on-stage", response_model=OnStagesAnswer)
async def on_stage(
    kit: KitDep,
    actor: ActorDep,
    handle: Annotated[list[Annotated[str, Field(max_length=60)]], Query(max_length=100)],
) -> JsonObject:
    """Which of these people stand on a live stage now, as far as whoever asks may know of it."""
    found = await actions.on_stage(kit, actor, handle)
    return {"items": [{"handle": handle, "space_id": space_id} for handle, space_id in sorted(found.items())]}


@router.get("/me/topics", response_model=TopicsAnswer)
async def my_topics(kit: KitDep, actor: ActorDep) -> JsonObject:
    """The topics that one follows."""
    return {"items": [*await actions.followed_topics(kit, actor.require_user(Scope.READ))]}


@router.put("/topics/{topic}/follow", status_code=204)
async def follow_topic(topic: TopicPath, kit: KitDep, actor: ActorDep) -> None:
    """From now on live spaces about it stand further up on one's home page."""
    await actions.follow_topic(kit, actor.require_user(Scope.ACCOUNT), topic)


@router.delete("/topics/{topic}/follow", status_code=204)
async def unfollow_topic(topic: TopicPath, kit: KitDep, actor: ActorDep) -> None:
    await actions.unfollow_topic(kit, actor.require_user(Scope.ACCOUNT), topic)


@router.get("/topics/{topic}", response_model=HomeAnswer)
async def topic(topic: TopicPath, kit: KitDep, actor: ActorDep) -> JsonObject:
    return sections_as_json(await actions.about_topic(kit, actor, topic), kit.settings.address)


@router.get("/users/{handle}/spaces", response_model=HomeAnswer)
async def spaces_of(handle: str, kit: KitDep, actor: ActorDep) -> JsonObject:
    """What this person hosts, hosted, speaks or spoke in, as far as whoever asks may know of it."""
    person = await actions.person_of(kit, handle)
    return sections_as_json(await actions.of_person(kit, actor, person), kit.settings.address)


@router.get("/admin/spaces/{space_id}/promotion")
async def promotion(space_id: SpaceIdPath, kit: KitDep, actor: ActorDep) -> PromotionBody:
    require_administrator(actor)
    space = await spaces.find_space(kit, SpaceId(space_id))
    if space is None:
        raise NotFoundError
    return PromotionBody(promotion=space.promotion)


@router.put("/admin/spaces/{space_id}/promotion", status_code=204)
async def promote(space_id: SpaceIdPath, body: PromotionBody, kit: KitDep, actor: ActorDep) -> None:
    """Hidden: in no list and no search, though the address still works. Featured: before the others."""
    await spaces.promote(kit, require_administrator(actor), SpaceId(space_id), body.promotion)


def sections_as_json(sections: list[Section], address: str) -> JsonObject:
    return {
        "sections": [
            {"name": section.name, "items": [shown_as_json(one, address) for one in section.items]}
            for section in sections
        ]
    }


def _person(user: User) -> JsonObject:
    return {**named_as_json(user), "bio": user.bio, "follower_count": user.follower_count}
