"""What routes are handed of this feature."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from voxhall.accounts.actions import Accounts


async def accounts_of(connection: HTTPConnection) -> Accounts:
    accounts: Accounts = connection.app.state.accounts
    return accounts


AccountsDep = Annotated[Accounts, Depends(accounts_of)]
