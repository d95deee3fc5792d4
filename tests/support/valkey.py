"""A Valkey of the tests' own, on a Unix socket; it can be killed with its memory lost."""

import subprocess
import time
from pathlib import Path

import redis

from workers.supervisor.valkey import arguments


class Valkey:
    """`url` is what COURIER_REDIS_URL wants."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(arguments(self.socket), stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        for _ in range(200):
            try:
                client.ping()
                return
            except redis.RedisError:
                time.sleep(0.02)
        raise RuntimeError("Valkey did not start")

    def kill(self) -> None:
        """kill -9: everything it remembered is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)
