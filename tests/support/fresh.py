"""Forgets what a process remembers of settings and directory, as a new process would."""

from pathlib import Path
from typing import Any

from mailcore.accounts import directory
from mailcore.conf import current
from mailcore.conf.deployment import deployment


def forget_everything() -> None:
    """Call between tests: a rolled-back database repeats its revision numbers."""
    current.without_watching()
    current.forget()
    directory.forget()
    deployment.cache_clear()


def home_at(settings: Any, home: Path) -> None:
    """Mail, spool and keys of this test are below `home`."""
    settings.COURIER_HOME = home
    deployment.cache_clear()
