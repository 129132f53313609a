"""The table of those who were invited to the stage beforehand."""

from collections.abc import Collection, Mapping

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Select, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import UserId
from voxhall.kit.db import Transaction, insert_for, metadata
from voxhall.spaces.model import Role, SpaceId
from voxhall.spaces.tables import spaces

stage_invitations = Table(
    "stage_invitations",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    # `speaker` or `cohost`.
    Column("role", String(16), nullable=False),
    Index("ix_stage_invitations_user_id", "user_id"),
)

Connection = Transaction | AsyncConnection


async def role_of(conn: Connection, space_id: SpaceId, user_id: str) -> Role | None:
    i = stage_invitations.c
    found = await conn.execute(select(i.role).where(i.space_id == space_id, i.user_id == user_id))
    role = found.scalar_one_or_none()
    return Role(role) if role is not None else None


async def of_space(conn: Connection, space_id: SpaceId) -> Mapping[UserId, Role]:
    i = stage_invitations.c
    found = await conn.execute(select(i.user_id, i.role).where(i.space_id == space_id))
    return {UserId(row.user_id): Role(row.role) for row in found}


async def invite(tx: Transaction, space_id: SpaceId, user_ids: Collection[UserId], role: Role) -> None:
    """Whoever is invited already is from now on invited as this."""
    rows = [{"space_id": space_id, "user_id": user_id, "role": role.value} for user_id in user_ids]
    statement = insert_for(tx, stage_invitations)
    columns = ["space_id", "user_id"]
    await tx.execute(statement.on_conflict_do_update(index_elements=columns, set_={"role": role.value}), rows)


async def uninvite(tx: Transaction, space_id: SpaceId, user_id: UserId) -> bool:
    i = stage_invitations.c
    gone = await tx.execute(
        delete(stage_invitations).where(i.space_id == space_id, i.user_id == user_id).returning(i.user_id)
    )
    return gone.first() is not None


def is_expected(user_id: UserId) -> ColumnElement[bool]:
    """Of a space in a list."""
    return spaces.c.id.in_(select(stage_invitations.c.space_id).where(stage_invitations.c.user_id == user_id))


def ids_expected_in(space_id: str) -> Select[tuple[str]]:
    return select(stage_invitations.c.user_id).where(stage_invitations.c.space_id == space_id)
