"""Logging, set up once: one event per fact, dotted `noun.verb`, fields as keys.

Fixed keys: id (queue id), session, peer, reverse_path, recipient, status, transport,
host, seconds.  Secrets and message bodies are never logged.
"""

import logging
import sys

import structlog


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one package, for instance `log.get("smtpd")`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(at=name)
    return logger


def setup(*, json: bool, level: str = "INFO") -> None:
    """Configure structlog and the standard library's logging for this process."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "at", "event"])
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=level, stream=sys.stderr, format="level=%(levelname)s at=%(name)s event=%(message)s"
    )
