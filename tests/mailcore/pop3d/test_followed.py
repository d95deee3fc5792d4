"""Whoever fetched mail from another server before fetches none of it again from us."""

import poplib
import shutil
from pathlib import Path

import pytest

from mailcore.accounts import directory
from mailcore.mailbox.store import MailStore
from tests.mailcore.pop3d.conftest import ALICE, PASSWORD
from tests.support import dovecot as peer
from tests.support.ports import free_ports

pytestmark = pytest.mark.django_db(transaction=True)

Addresses = dict[str, tuple[str, int]]
_POP3 = """\
protocols = imap pop3
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""


def ids(address: tuple[str, int], user: str, password: str) -> list[bytes]:
    session = poplib.POP3(*address, timeout=30)
    session.user(user)
    session.pass_(password)
    found = session.uidl()[1]
    session.quit()
    return found  # type: ignore[no-any-return]


def put(maildir: Path, name: str, text: str) -> None:
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    (maildir / name).write_text(f"Subject: {text}\n\nx\n")


def maildir_of_alice() -> Path:
    account = directory.account(ALICE)
    assert account is not None
    return account.maildir


@pytest.mark.interop
@pytest.mark.parametrize("saved", ["no", "yes"])
def test_dovecots_ids_stay_and_new_mail_gets_its_form(pop3: Addresses, saved: str) -> None:
    ours = maildir_of_alice()
    (port,) = free_ports(1)
    with peer.home() as home:
        theirs = home / "Maildir"
        put(theirs, "cur/1700000001.M1P1.host:2,S", "one")
        put(theirs, "new/1700000002.M2P1.host", "two")
        more = _POP3.format(port=port) + f"pop3_save_uidl = {saved}\n"
        with peer.dovecot(theirs, more=more):
            before = ids(("127.0.0.1", port), peer.USER, peer.PASSWORD)
        _move(theirs, ours)
        assert ids(pop3["pop3"], ALICE, PASSWORD) == before
        put(ours, "new/1700000003.M3P1.host", "three")
        after = ids(pop3["pop3"], ALICE, PASSWORD)
        assert after[:2] == before
        assert len(after[2]) == len(before[0])
        with MailStore(ours) as store:
            store.checkpoint()  # as a server does that is stopped
        _move(ours, theirs)
        with peer.dovecot(theirs, more=more):
            assert ids(("127.0.0.1", port), peer.USER, peer.PASSWORD) == after


def test_couriers_ids_stay_and_new_mail_gets_the_newest_form(pop3: Addresses) -> None:
    maildir = maildir_of_alice()
    for path in (*(maildir / "cur").iterdir(), *(maildir / "new").iterdir()):
        path.unlink()
    put(maildir, "cur/1700000001.M1P1.host:2,S", "one")
    put(maildir, "cur/1700000002.M2P1.host:2,S", "two")
    put(maildir, "cur/1700000003.M3P1.host:2,", "three")
    put(maildir, "new/1700000004.M4P1.host", "four")
    (maildir / "courierpop3dsizelist").write_text(
        "/3 7 1600000000\n1700000001.M1P1.host:2, 17 0:0:0\n"
        "1700000002.M2P1.host:2,S 17 5:0:0\n1700000003.M3P1.host:2, 17 6:1600000000:0\n"
    )
    names = [line.split()[1] for line in ids(pop3["pop3"], ALICE, PASSWORD)]
    assert names[:3] == [b"1700000001.M1P1.host", b"UID5", b"UID6-1600000000"]
    assert names[3].startswith(b"UID")
    assert len(set(names)) == 4


def _move(source: Path, target: Path) -> None:
    """All of a Maildir to another place, as when a server is followed by the next."""
    for path in target.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in source.iterdir():
        shutil.move(path, target / path.name)
