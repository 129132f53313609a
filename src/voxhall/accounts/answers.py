"""How people look in JSON. What a profile has besides comes from the features above."""

from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.model import Promotion, User, picture_path
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire


class Profile(BaseModel):
    """What anyone may see of a person."""

    id: str
    handle: str
    display_name: str
    picture: str | None = Field(description="Where the picture is on this server; null for none.")
    bio: str
    links: list[str]
    pronouns: str
    language: str | None
    created_at: str
    follower_count: int
    following_count: int


class Account(Profile):
    """What the person sees besides."""

    is_administrator: bool


class TiesAnswer(BaseModel):
    """What the person of the profile and whoever looks at it are to each other."""

    follows: bool = Field(description="Whether whoever asks follows this person.")
    is_followed_by: bool = Field(description="Whether this person follows whoever asks.")
    has_muted: bool = Field(description="Whether whoever asks does not want to be shown this person's spaces.")
    has_blocked: bool = Field(description="Whether whoever asks has blocked this person.")


class PromotionBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    promotion: Promotion


class Named(BaseModel):
    handle: str
    display_name: str
    picture: str | None


def named_as_json(user: User) -> JsonObject:
    return {"handle": user.handle, "display_name": user.display_name, "picture": picture_path(user.picture)}


def profile_as_json(user: User) -> JsonObject:
    return {
        "id": user.id,
        "handle": user.handle,
        "display_name": user.display_name,
        "picture": picture_path(user.picture),
        "bio": user.bio,
        "links": [*user.links],
        "pronouns": user.pronouns,
        "language": user.language,
        "created_at": to_wire(user.created_at),
        "follower_count": user.follower_count,
        "following_count": user.following_count,
    }


def account_as_json(user: User) -> JsonObject:
    return {**profile_as_json(user), "is_administrator": user.is_administrator}
