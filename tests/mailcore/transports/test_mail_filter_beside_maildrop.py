"""The same filters deliver the same mail by Debian's maildrop and by us."""

import mailbox
import os
import subprocess
from pathlib import Path

import pytest

from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.parser import parse
from mailcore.routing import homes
from mailcore.transports.local import by_hand
from tests.support.homes import account, allow_programs, people

pytestmark = [
    pytest.mark.interop,
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
]
MESSAGE = b"From: Ann <ann@far.test>\nSubject: hello\nX-Score: 7\n\nline\nFrom me\n>From you\n"

FILTERS = [
    'to "./box"\n',
    'cc "./box"\ncc "./box"\nto "./other"\n',
    'if (/^X-Score: ([0-9]+)/ && $MATCH1 > 5)\n  to "./high"\nto "./low"\n',
    'DEFAULT="./fallen"\n',
    'exit\n',
    'EXITCODE=99\nexit\n',
    'to "|cat >seen; exit 3"\n',
    'cc "|cat >seen; exit 3"\nX=$EXITCODE\nEXITCODE=0\nto "./box-$X"\n',
    'xfilter "sed s/^Subject:/X-Was:/"\nif (/^X-Was: hello/ && !/^Subject:/)\n  to "./changed"\nto "./same"\n',
    'xfilter "cat; exit 1"\nto "./box"\n',
    'exception {\n  xfilter "cat >/dev/null; exit 1"\n  to "./never"\n}\nto "./after"\n',
    'system "echo $SHELL >told"\nto "./box-$RETURNCODE"\n',
    'FOO="b a r"\nX=`echo "<$FOO>"; exit 4`\necho "$X $RETURNCODE"\nexport=1\nto "|echo $FOO >told"\n',
    'flock "lock" {\n  cc "./box"\n}\ndotlock "dot" {\n  to "./box"\n}\n',
    'include "nosuch"\n',
    'to "./no/such/directory"\n',
    'logfile "log"\nlog "said"\nto "./box"\n',
]  # fmt: skip


def made(directory: Path) -> dict[str, object]:
    """What lies in a directory: messages of mbox files, the content of others, nothing of logs."""
    found: dict[str, object] = {}
    for file in sorted(directory.iterdir()):
        if file.is_symlink() or file.name in ("filter", "lock") or not file.is_file():
            continue
        if file.read_bytes().startswith(b"From "):
            box = mailbox.mbox(str(file), create=False)
            found[file.name] = [
                (each["Subject"], each["X-Was"], each.get_payload()) for each in box
            ]
        else:
            found[file.name] = "said\n" in file.read_text() if file.name == "log" else "made"
    return found


@pytest.mark.parametrize("source", FILTERS, ids=lambda source: source.split("\n")[0])
def test_what_is_delivered_and_how_it_ends(source: str, tmp_path: Path) -> None:
    file = tmp_path / "filter"
    file.write_text(source)
    file.chmod(0o600)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = ["maildrop", "-f", "ann@far.test", "filter"]
    theirs = subprocess.run(
        command, input=MESSAGE, capture_output=True, env=environment, cwd=tmp_path, timeout=30, check=False
    )  # fmt: skip
    people("bob")
    allow_programs()
    try:
        code, said = by_hand.deliver(account(), MESSAGE, "ann@far.test", parse(source.encode()))
    except FilterFailure:
        code, said = 75, b""
    home = homes.make(account())
    assert (code, said, made(home)) == (theirs.returncode, theirs.stdout, made(tmp_path))
