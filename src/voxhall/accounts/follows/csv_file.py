"""The list of followed accounts as Mastodon exports it (following_accounts.csv). Pure."""

import csv
import io

from voxhall.errors import InvalidError

MAX_ROWS = 10_000
MAX_BYTES = 1024 * 1024
COLUMN = "account address"


def addresses_in(text: str) -> list[tuple[str, str]]:
    """(name, host) of each row, once; the host is empty where only a name stands."""
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    except csv.Error:
        raise InvalidError.of("file", "This is not a CSV file.") from None
    if len(rows) > MAX_ROWS + 1:
        raise InvalidError.of("file", f"At most {MAX_ROWS} rows.")
    place = 0
    if rows and COLUMN in (head := [cell.strip().lower() for cell in rows[0]]):
        place, rows = head.index(COLUMN), rows[1:]
    cells = (row[place].strip().removeprefix("@") for row in rows if len(row) > place)
    found = (cell.partition("@") for cell in cells if cell)
    return list(dict.fromkeys((name.lower(), host.lower()) for name, _, host in found if name))
