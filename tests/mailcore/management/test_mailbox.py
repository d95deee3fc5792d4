"""`manage.py mailbox`: mail in and out, as typed."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from mailcore.accounts import directory
from mailcore.management.progress import Progress, line
from mailcore.migration.mail.carry import Tally
from tests.mailcore.management.test_commands import read, run
from tests.support import dovecot as dovecots
from tests.support import moving
from tests.support.fresh import forget_everything, home_at
from tests.support.people import person

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.com"


@pytest.fixture(autouse=True)
def ada(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """The Maildir of ada@example.com."""
    forget_everything()
    home_at(settings, tmp_path / "home")
    person(ADDRESS)
    account = directory.account(ADDRESS)
    assert account is not None
    account.maildir.parent.mkdir(parents=True)
    yield account.maildir
    forget_everything()


def test_out_as_mbox_and_in_again(ada: Path, tmp_path: Path) -> None:
    moving.fill(ada)
    out = str(tmp_path / "out")
    assert read("mailbox", "export", ADDRESS, "mbox", out)["brought"] == 3
    assert read("mailbox", "import", ADDRESS, "mbox", out)["brought"] == 3
    assert len(moving.contents(ada)) == 6
    again = read("mailbox", "import", ADDRESS, "mbox", out, "--only", "INBOX")
    assert again["brought"] == 0
    assert again["there already"] == 2


def test_in_from_dovecot_with_the_password_in_a_file(ada: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(dovecots.PASSWORD + "\n")
    with dovecots.home() as home:
        moving.fill(home / "Maildir")
        with dovecots.dovecot(home / "Maildir", options=":UTF-8") as serving:
            told = read("mailbox", "import", ADDRESS, "imap", f"127.0.0.1:{serving.port}",
                        "--user", dovecots.USER, "--security", "plain",
                        "--password-file", str(tmp_path / "password"))  # fmt: skip
    assert told["brought"] == 3
    assert {folder for folder, *_ in moving.contents(ada)} == {"INBOX", "INBOX.Büro.Alt"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["imap", "mail.example.org", "--password-stdin"], "whom to log in as"),
        (["imap", "mail.example.org", "--user", "x", "--security", "plain"], "anybody on the way"),
        (["imap", "mail.example.org:x", "--user", "x"], "no port"),
        (["imap", "h", "--user", "x", "--password-file", "/nowhere"], "No such file"),
        (["imap", "h", "--user", "x"], "no terminal"),
        (["mbox", "/nowhere"], "there is no /nowhere"),
        (["maildir", "/nowhere"], "no Maildir"),
    ],
)
def test_what_cannot_be_is_said(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run("mailbox", "import", ADDRESS, *arguments)


def test_the_password_is_never_an_argument() -> None:
    with pytest.raises(CommandError, match="password"):
        run("mailbox", "import", ADDRESS, "imap", "h", "--user", "x", "--password", "secret")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_how_far_it_is_and_a_file_is_not() -> None:
    for out, told in ((_Terminal(), True), (io.StringIO(), False)):
        with Progress(out) as progress:
            progress.show("INBOX.Sent", 512, 1024, Tally(octets=3_100_000))
        assert ("512/1024" in out.getvalue()) is told
    assert line("INBOX", 1, 2, 0).count("#") == line("INBOX", 1, 2, 0).count("·")
    assert "\x1b" not in line("\x1b[2Jx", 0, 0, 0)
