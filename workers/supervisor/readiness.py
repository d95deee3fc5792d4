"""Before anything starts: is the home writable, is each database at this version, are the
ports free?  Each "no" is one line that says what to do."""

import os
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import Error as DatabaseError

from mailcore.conf.deployment import Deployment
from mailcore.errors import ConfigError

DIRECTORIES = ("run", "mail", "spool", "tls")


def prepare_home(deployment: Deployment) -> None:
    """Make the home's directories, for the owner alone.  Raises ConfigError."""
    home = deployment.home
    try:
        for directory in (home, *(home / name for name in DIRECTORIES)):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_writable(directory)
    except OSError as error:
        raise ConfigError(
            f"cannot use {home} ({error.strerror}): make it writable for this user, "
            "or set COURIER_HOME to a directory that is"
        ) from None


def _check_writable(directory: Path) -> None:
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(13, "not writable")


def check_databases() -> None:
    """Raise ConfigError unless both databases have exactly this version's tables."""
    for alias in (DEFAULT_DB_ALIAS, "queue"):
        try:
            executor = MigrationExecutor(connections[alias])
        except DatabaseError as error:
            raise ConfigError(
                f"cannot open the {alias} database: {str(error).strip()}; "
                "check COURIER_DATABASE_URL"
            ) from None
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise ConfigError(
                "the database is not at this version: run `manage.py setup` (after a backup)"
            )
        _check_not_newer(executor.loader)


def _check_not_newer(loader: MigrationLoader) -> None:
    ours = {app for app, _ in loader.disk_migrations}
    unknown = [
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    ]
    if unknown:
        raise ConfigError(
            f"the database was made by a newer version ({unknown[0]}): "
            "start that version, or restore a backup"
        )
