"""Structured logs on standard error: one JSON line per event, without personal data."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Names of values that must never reach a log, wherever they come from.
_SECRET = frozenset(
    {"password", "token", "authorization", "cookie", "server_key", "signature_key", "email", "phone"}
)


def configure(level: str) -> None:
    """Set up structlog and the libraries' loggers once per process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(),
            foreign_pre_chain=[*shared, _with_logger_name, structlog.processors.format_exc_info],
        )
    )
    logging.basicConfig(level=max(_LEVELS[level], logging.WARNING), handlers=[handler], force=True)


def _without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    return {name: "***" if name.lower() in _SECRET else value for name, value in event.items()}


def _with_logger_name(_logger: Any, _method: str, event: Any) -> Any:
    record = event.get("_record")
    return {**event, "logger": record.name} if record else event
