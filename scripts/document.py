"""Writes docs/errors.md and docs/settings.md from the code, whose sentences they are. Run it after adding to either."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.test_house import all_errors  # noqa: E402 - the path has to be set first
from voxhall.config import PREFIX, Settings  # noqa: E402

ERRORS = """# Errors

Every refusal has this shape, over HTTP and, as `error`, on the live socket:

```json
{"error": {"code": "handle_taken", "message": "Somebody has this name already.", "details": null}}
```

The code is for programs and keeps its meaning; the sentence is for people and may change.
Nothing repeats what was sent.

| code | status | sentence |
|---|---|---|
"""

# The media node answers these; the control plane passes them on as they are.
FROM_THE_MEDIA_NODE = [
    ("bad_sdp", 400, "The offer or the fragment is not SDP that can be read."),
    ("no_audio", 422, "The offer has no audio line."),
    ("peer_not_found", 404, "There is no such session."),
    ("at_capacity", 503, "The media node takes no more; try again later."),
    ("precondition_failed", 412, "The session is not at this version."),
]

SETTINGS = """# Settings

A setting comes from, first found: a flag of `voxhall serve`, the environment, a file named by the environment variable
with `_FILE` behind it (for secrets), the TOML file that `VOXHALL_CONFIG` names, its default.
An unknown name is an error.

| environment | default | what it does |
|---|---|---|
"""


def errors_page() -> str:
    known = {(error.code, error.status, error.message) for error in all_errors()}
    codes = {code for code, _, _ in known}
    known |= {row for row in FROM_THE_MEDIA_NODE if row[0] not in codes}
    return ERRORS + "".join(f"| `{code}` | {status} | {message} |\n" for code, status, message in sorted(known))


def settings_page() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, ()) else f"`{field.default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |\n")
    return SETTINGS + "".join(rows)


if __name__ == "__main__":
    (ROOT / "docs" / "errors.md").write_text(errors_page())
    (ROOT / "docs" / "settings.md").write_text(settings_page())
