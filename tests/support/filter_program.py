"""A global filter in the classic's manner, a program of its own that knows nothing of ours.

    python3 filter_program.py SOCKET [SIGN]

It reads paths up to an empty line, opens them, and does what a field `X-Filter` of the message
says; what it was shown goes to SOCKET.log, between lines of dashes.  With SIGN it answers like
that whatever the message says.
"""

import contextlib
import socket
import sys
from pathlib import Path

ANSWERS = {
    "accept": "200 Ok\n",
    "enough": "050 Ok, and nobody else\n",
    "refuse": "550-5.7.9 Looks like spam\n550 5.7.9 to me\n",
    "later": "432 Busy\n",
    "mute": "",
    "garble": "hello there\n",
    "endless": "550-more\n" * 20_000,
    "broken-off": "550-there is more\n",
}


def main(place: Path, always: str = "") -> None:
    hidden = place.with_name("." + place.name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(hidden))
    listener.listen()
    hidden.rename(place)
    while True:
        wire, _ = listener.accept()
        with wire, wire.makefile("r") as said:
            paths = []
            while line := said.readline().rstrip("\n"):
                paths.append(Path(line))
            if not paths:
                continue
            texts = [path.read_bytes().decode() for path in paths]
            with place.parent.with_suffix(".log").open("a") as log:
                log.write("-----\n".join([f"{place.name}\n", *texts]) + "=====\n")
            wish = always
            for text in texts[0].split("\n"):
                if text.startswith("X-Filter: "):
                    wish = wish or text[10:]
            with contextlib.suppress(BrokenPipeError):
                wire.sendall(ANSWERS[wish or "accept"].encode())


main(Path(sys.argv[1]), *sys.argv[2:])
