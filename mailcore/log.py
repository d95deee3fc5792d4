"""Logging, set up once: one event per fact, dotted `noun.verb`, fields as keys.

Fixed keys: id (queue id), session, peer, reverse_path, recipient, status, transport,
host, seconds.  Secrets and message bodies are never logged.
"""

import contextlib
import logging
import sys
from typing import TextIO

import structlog


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one package, for instance `log.get("smtpd")`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(at=name)
    return logger


class _Unfailing:
    """A stream whose reader may be gone, or its disk full: what can't be written is lost.

    A server that can't log must go on: mail under way must not fail for want of a line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def setup(*, json: bool, level: str = "INFO") -> None:
    """Configure structlog and the standard library's logging for this process."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "at", "event"])
    )
    stream: TextIO = _Unfailing(sys.stderr)  # type: ignore[assignment]  # all that loggers use
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=level, stream=stream, format="level=%(levelname)s at=%(name)s event=%(message)s"
    )
