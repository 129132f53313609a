"""One line per event on standard error, for a person at a terminal or for a log collector as JSON.

No addresses and no secrets are logged; a request is named by its id, which its answer carried.
"""

import logging
import sys
from typing import Any

import structlog


def set_up(role: str, log_format: str = "auto") -> None:
    is_text = sys.stderr.isatty() if log_format == "auto" else log_format == "text"
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if is_text else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if is_text else [structlog.processors.format_exc_info]),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s", force=True
    )
