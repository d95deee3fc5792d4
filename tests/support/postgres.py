"""A PostgreSQL of the tests' own, in a directory of its own, on a Unix socket.

PostgreSQL refuses to run as root, so root runs it as `nobody`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg2

_numbers = count(1)


def program(name: str) -> str:
    """Where this machine keeps a PostgreSQL program; the newest version it has."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(debian[-1]) if debian else shutil.which(name)
    if not found:
        raise RuntimeError(f"{name} is missing: apt-get install postgresql")
    return found


class Postgres:
    """Start, stop, kill; databases by the number."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="courier-pg-"))
        self.directory.chmod(0o777)
        self.data = self.directory / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.data.exists():
            self._run(program("initdb"), "-D", str(self.data), "-U", "courier", "-A", "trust",
                      "-E", "UTF8", "--no-locale")  # fmt: skip
        self._process = subprocess.Popen(
            self._as_nobody(
                program("postgres"), "-D", str(self.data), "-k", str(self.directory), "-h", "",
                "-c", "max_connections=100", "-c", "shared_buffers=32MB",
            ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        for _ in range(300):
            try:
                self._connect("postgres").close()
                return
            except psycopg2.OperationalError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def kill(self) -> None:
        """The database is down at once; `start` brings it back by its log."""
        pid = self.data / "postmaster.pid"
        if pid.exists():
            os.kill(int(pid.read_text().split()[0]), 3)  # SIGQUIT: immediate shutdown
        if self._process is not None:
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_database(self) -> str:
        """A new empty database; its COURIER_DATABASE_URL."""
        name = f"courier{next(_numbers)}"
        connection = self._connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://courier@/{name}?host={quote(str(self.directory), safe='/')}"

    def _connect(self, name: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host=str(self.directory), user="courier", dbname=name)

    def _as_nobody(self, *arguments: str) -> list[str]:
        if os.geteuid() == 0:
            return ["runuser", "-u", "nobody", "--", *arguments]
        return list(arguments)

    def _run(self, *arguments: str) -> None:
        subprocess.run(self._as_nobody(*arguments), check=True, stdout=subprocess.DEVNULL, cwd="/")
