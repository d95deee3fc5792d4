"""Relaying to many destinations, half of them slow: how long the quick ones wait, and all.

    python -m tests.bench.slow_destinations                      our own server, started for it
    python -m tests.bench.slow_destinations --routes postfix     a transport map for another server
    python -m tests.bench.slow_destinations --host H --port P --pid N   load that server

d001.test … have a sink each, at 127.0.0.1 and ports from --first on; every second one takes --delay
seconds to accept a message.  The server under test must route each domain to its port and let
127.0.0.1 relay.  Prints seconds until the quick destinations had all their mail, until the slow
ones had, messages a second to the quick ones, and the largest resident memory of --pid and its
descendants.
"""

import argparse
import asyncio
import contextlib
import smtplib
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.stack import Stack, running

BODY = b"All work and no play makes for a dull message body, sixty-eight.\r\n" * 58
SENDERS = 10


class Sinks:
    """One SMTP sink for each destination, in a thread with an event loop of its own."""

    def __init__(self, count: int, first: int, delay: float) -> None:
        self.taken = [0] * count
        self.last = [0.0] * count  # when the latest message was taken
        self._first, self._delay = first, delay
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        if not ready.wait(30):
            raise RuntimeError("the sinks did not start")

    async def _serve(self, ready: threading.Event) -> None:
        for number in range(len(self.taken)):
            await asyncio.start_server(
                lambda reader, writer, number=number: self._talk(reader, writer, number),
                "127.0.0.1",
                self._first + number,
                limit=1 << 20,
            )
        ready.set()
        await asyncio.Event().wait()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"220 sink.test ESMTP\r\n")
            while line := await reader.readline():
                verb = line[:4].upper().strip()
                if verb == b"EHLO":
                    writer.write(b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 Go on\r\n")
                    await writer.drain()
                    await reader.readuntil(b"\r\n.\r\n")
                    if number % 2:
                        await asyncio.sleep(self._delay)
                    self.taken[number] += 1
                    self.last[number] = time.perf_counter()
                    writer.write(b"250 Taken\r\n")
                elif verb == b"QUIT":
                    writer.write(b"221 Bye\r\n")
                    break
                else:
                    writer.write(b"250 Ok\r\n")
            await writer.drain()
        writer.close()


def routes(kind: str, count: int, first: int) -> Iterator[str]:
    """The routing table in the words of one server."""
    for number in range(count):
        domain, port = name(number), first + number
        yield {
            "ours": f"{domain}:[127.0.0.1],{port}",
            "courier": f"{domain}:[127.0.0.1],{port}",
            "postfix": f"{domain} smtp:[127.0.0.1]:{port}",
        }[kind]


def name(number: int) -> str:
    return f"d{number + 1:03}.test"


def submit(host: str, port: int, count: int, each: int) -> None:
    """`each` messages to every destination, in turn, over a few connections."""

    def session(sender: int) -> None:
        with smtplib.SMTP(host, port, timeout=120) as client:
            for turn in range(each):
                for number in range(sender, count, SENDERS):
                    head = f"From: a@here.test\r\nSubject: {turn}\r\n\r\n".encode()
                    client.sendmail("a@here.test", [f"u@{name(number)}"], head + BODY)

    threads = [threading.Thread(target=session, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def resident(pids: list[int]) -> int:
    """KiB in memory of these processes together, shared pages counted once (Pss)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(x.split()[1]) for x in text.splitlines() if x.startswith("Pss:"))
    return total


def descendants(pid: int) -> list[int]:
    """`pid` and everything below it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def measure(options: argparse.Namespace, sinks: Sinks, host: str, port: int, pid: int) -> None:
    """Load, wait, print."""
    count, each = options.destinations, options.messages
    began = time.perf_counter()
    submit(host, port, count, each)
    submitted = time.perf_counter() - began
    most, until = 0, time.monotonic() + options.patience
    while min(sinks.taken) < each and time.monotonic() < until:
        most = max(most, resident(descendants(pid)) if pid else 0)
        time.sleep(0.5)
    quick, slow = range(0, count, 2), range(1, count, 2)
    print(f"submitted in          {submitted:8.1f} s")
    for title, some in (("quick", quick), ("slow", slow)):
        missing = sum(each - sinks.taken[number] for number in some)
        seconds = max(sinks.last[number] for number in some) - began
        rate = sum(sinks.taken[number] for number in some) / max(seconds, 0.001)
        print(f"{title} destinations    {seconds:8.1f} s {rate:8.1f}/s, {missing} missing")
    if pid:
        print(f"memory (Pss), most    {most / 1024:8.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--destinations", type=int, default=200)
    parser.add_argument("--messages", type=int, default=10, help="to each destination")
    parser.add_argument("--delay", type=float, default=2.0, help="seconds of a slow one")
    parser.add_argument("--first", type=int, default=20001, help="port of the first sink")
    parser.add_argument("--patience", type=float, default=600.0)
    parser.add_argument("--routes", choices=("ours", "postfix", "courier"), default="")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pid", type=int, default=0)
    options = parser.parse_args()
    table = "\n".join(routes(options.routes or "ours", options.destinations, options.first))
    if options.routes:
        print(table)
        return
    sinks = Sinks(options.destinations, options.first, options.delay)
    if options.port:
        measure(options, sinks, options.host, options.port, options.pid)
        return
    with (
        tempfile.TemporaryDirectory(prefix="courier-bench-") as directory,
        running(Path(directory) / "var", {"COURIER_LOG_LEVEL": "WARNING"}) as stack,
    ):
        prepare(stack, table)
        measure(options, sinks, "127.0.0.1", stack.ports["smtp"], stack.pid)


def prepare(stack: Stack, table: str) -> None:
    """Routes, and the right to relay."""
    stack.manage("settings", "set", "queue.routes", table)
    stack.manage("settings", "set", "esmtp.relay_from", "127.0.0.1")
    time.sleep(3)  # until every process has heard


if __name__ == "__main__":
    main()
