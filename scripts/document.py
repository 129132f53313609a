"""Writes docs/errors.md and docs/settings.md from the code, whose sentences they are. Run it after adding to either;
`make check` runs it with --check."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.test_house import all_errors  # noqa: E402 - the path has to be set first
from voxhall.config import Settings, variables_of  # noqa: E402

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

A setting comes from, first found:

1. a flag of the command, as `--port 9000`; `voxhall serve --help` lists those that have one;
2. the environment, as `VOXHALL_PORT=9000`; an empty value counts as not set;
3. for secrets, a file that the environment names, as `VOXHALL_DATABASE_URL_FILE=/run/secrets/database`;
4. the settings file: the one that `--config` or `VOXHALL_CONFIG` names, else `voxhall.toml` in the data folder;
5. its default.

A name that is no setting is an error wherever it stands, and the error names the nearest one there is.
`voxhall config` shows what is in force and where each value comes from, `voxhall config --json` the same for programs.

```toml
# voxhall.toml
public_url = "https://live.example.org"
media_address = ["203.0.113.7"]
trusted_proxies = "127.0.0.1"
```

| in the file | in the environment | default | what it does |
|---|---|---|---|
"""


def errors_page() -> str:
    known = {(error.code, error.status, error.message) for error in all_errors()}
    codes = {code for code, _, _ in known}
    known |= {row for row in FROM_THE_MEDIA_NODE if row[0] not in codes}
    return ERRORS + "".join(f"| `{code}` | {status} | {message} |\n" for code, status, message in sorted(known))


def settings_page() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, (), {}) else f"`{field.default}`"
        variable = " or ".join(f"`{one}`" for one in variables_of(name, field))
        rows.append(f"| `{name}` | {variable} | {default} | {field.description} |\n")
    return SETTINGS + "".join(rows)


def main() -> int:
    """With --check, writes nothing and fails where a page is not what the code says."""
    pages = {"errors.md": errors_page(), "settings.md": settings_page()}
    stale = [name for name, text in pages.items() if (ROOT / "docs" / name).read_text() != text]
    if "--check" in sys.argv:
        for name in stale:
            print(f"docs/{name} is not what the code says: run .venv/bin/python scripts/document.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (ROOT / "docs" / name).write_text(pages[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
