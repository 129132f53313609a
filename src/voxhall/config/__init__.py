"""The settings: what can be set (`settings`), and where it is read from (`sources`)."""

from voxhall.config.settings import Role, Settings
from voxhall.config.sources import FILE_NAME, PREFIX, is_secret, load, load_with_sources, variables_of

__all__ = [
    "FILE_NAME",
    "PREFIX",
    "Role",
    "Settings",
    "is_secret",
    "load",
    "load_with_sources",
    "variables_of",
]
