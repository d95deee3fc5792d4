"""A home with databases of its own, and the processes that act in it, for tests that kill."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Place:
    """A home with its databases, in which actors act."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.environment = {**os.environ, "COURIER_HOME": str(home), **environment}
        self.actors: list[Actor] = []

    def actor(self) -> "Actor":
        actor = Actor(self)
        self.actors.append(actor)
        return actor

    def delivered(self) -> Counter[int]:
        """How often each message is in a Maildir."""
        found: Counter[int] = Counter()
        for file in self.home.glob("mail/example.test/*/new/*"):
            number = re.search(rb"^Subject: number (\d+)$", file.read_bytes(), re.MULTILINE)
            assert number is not None, f"{file} is not whole"
            found[int(number[1])] += 1
        return found


class Actor:
    """One process of tests.support.actor."""

    def __init__(self, place: Place) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.actor"],
            cwd=ROOT, env=place.environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> str:
        self.tell(line)
        return self.hear()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> list[str]:
        """kill -9; what it still managed to say."""
        self.process.kill()
        assert self.process.stdout is not None
        said = self.process.stdout.read().splitlines()
        self.process.wait()
        return said


def numbers(said: list[str]) -> set[int]:
    """Of the acceptances in these lines; the last may have been cut short by the kill."""
    found = (re.fullmatch(r"accepted (\d+)", line) for line in said[:-1])
    return {int(each[1]) for each in found if each}
