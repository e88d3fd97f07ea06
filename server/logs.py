"""What the process writes about itself: one JSON object a line, on standard error or in a file."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import structlog

from server.private_folder import make_private, open_private


def set_up_logs(level: str, file: Path | None = None) -> None:
    """Send structlog's and the standard library's records the same way.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file: to append to, instead of standard error.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Locals stay out of tracebacks: they can hold a PIN or a message.
    renderers: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr) if file is None else file_handler(file)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=renderers))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Debug records of the socket library hold whole frames, so chat text.
    for name in ("websockets", "uvicorn"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level.upper())))


def file_handler(file: Path) -> logging.FileHandler:
    """Append to a file that only its owner reads: a log says who was where, and when."""
    make_private(file.parent)
    os.close(open_private(file, os.O_WRONLY | os.O_CREAT))
    return logging.FileHandler(file, encoding="utf-8")
