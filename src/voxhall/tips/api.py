"""The services that a Tip Jar can name. The jar itself is a part of its owner's profile."""

from fastapi import APIRouter
from pydantic import BaseModel

from voxhall.kit.web import KitDep
from voxhall.tips import actions

router = APIRouter(prefix="/api/v1", tags=["tips"])


class ServiceAnswer(BaseModel):
    id: str
    title: str
    address: str
    rule: str
    pattern: str
    prefix: str


class ServicesAnswer(BaseModel):
    items: list[ServiceAnswer]


@router.get("/tips/services")
async def services(kit: KitDep) -> ServicesAnswer:
    return ServicesAnswer(
        items=[
            ServiceAnswer(
                id=one.id,
                title=one.title,
                address=one.address,
                rule=one.rule,
                pattern=one.pattern.pattern,
                prefix=one.prefix,
            )
            for one in await actions.services_on(kit)
        ]
    )
