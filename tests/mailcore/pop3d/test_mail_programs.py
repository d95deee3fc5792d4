"""Programs that fetch mail and remember what they had: fetchmail and getmail."""

import re
from pathlib import Path

import pytest

from mailcore.mailbox.store import MailStore
from tests.mailcore.pop3d.conftest import ALICE, PASSWORD
from tests.support.programs import getmail, run

Addresses = dict[str, tuple[str, int]]


def add(maildir: Path) -> None:
    with MailStore(maildir) as store:
        store.folder("INBOX").append(b"Subject: four\r\n\r\nfresh\r\n")


def subjects(taken: str) -> list[str]:
    return re.findall(r"^Subject: (.*)$", taken, re.MULTILINE)


@pytest.mark.interop
def test_fetchmail_remembers_the_ids_of_what_it_keeps(
    pop3: Addresses, alice: Path, tmp_path: Path
) -> None:
    host, port = pop3["pop3"]
    settings = tmp_path / "fetchmailrc"
    settings.write_text(
        f"poll {host} proto pop3 port {port} uidl auth password"
        f' user "{ALICE}" password "{PASSWORD}" sslproto "" no rewrite keep'
        f" mda \"/bin/sh -c 'cat >> {tmp_path}/mbox'\"\n"
    )
    settings.chmod(0o600)
    command = ["fetchmail", "-f", str(settings), "-i", str(tmp_path / "ids"), "--pidfile",
               str(tmp_path / "pid")]  # fmt: skip
    run(command, tmp_path)
    run(command, tmp_path, errors=(1,))  # 1: there is nothing new
    add(alice)
    run(command, tmp_path)
    taken = (tmp_path / "mbox").read_text()
    assert subjects(taken) == ["one", "two", "three", "four"]
    assert "\n.\n..dots\nend\n" in taken


@pytest.mark.interop
def test_getmail_takes_what_is_new_and_leaves_it(
    pop3: Addresses, alice: Path, tmp_path: Path
) -> None:
    def fetched() -> list[str]:
        return subjects(getmail("SimplePOP3Retriever", pop3["pop3"], tmp_path))

    assert fetched() == ["one", "two", "three"]
    add(alice)
    assert fetched() == ["one", "two", "three", "four"]
