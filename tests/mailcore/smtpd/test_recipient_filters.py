"""Recipients' own filters while the peer waits: written sessions, and what else can happen."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current, store
from mailcore.conf.deployment import deployment
from mailcore.envelope import Path as MailPath
from mailcore.filters import home_files, recipient
from mailcore.filters.recipient import Question
from mailcore.policy.contract import Peer
from mailcore.routing import homes, router
from tests.support.homes import attempt_all
from tests.support.transcript import Connection, play

SCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "filters").glob("*.txt"))
Addresses = dict[str, tuple[str, int]]

pytestmark = [
    pytest.mark.transcript,
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
]

ALICE = """
import SENDER
if ($SENDER eq "eve@peer.example.net" && $3 eq $SENDER && $2 eq "127.0.0.1")
{
  echo "Go away, $SENDER."
  EXITCODE=1
  exit
}
if ($SENDER =~ /^friend@/)
  exit
EXITCODE=99
exit
"""
ALICE_CONTENT = """
if (/forbidden wörd/)
{
  echo "554 5.6.0 No such words."
  EXITCODE=1
  exit
}
"""
CAROL = "if ($3 =~ /^eve@/)\n{\n  EXITCODE=1\n  exit\n}\nEXITCODE=99\nexit\n"
CAROL_SHOP = 'echo "451 Not before noon."\necho "451 Come again."\nEXITCODE=2\nexit\n'
CAROL_CONTENT = "if (/carol dislikes/:b)\n{\n  EXITCODE=1\n  exit\n}\n"
LISTS = 'echo "553 5.1.8 No lists for $3."\nEXITCODE=1\nexit\n'


def given(address: str, name: str, source: str) -> Path:
    """A filter of an account; the file."""
    account = directory.account(address)
    assert account is not None
    folder = homes.make(account) / ".mailfilters"
    folder.mkdir(mode=0o700, exist_ok=True)
    homes.write(folder, name, source.encode())
    recipient.forget()
    return folder / name


@pytest.fixture
def filtered(smtp: Addresses) -> Iterator[Addresses]:
    """A server; alice, carol and the list all@ have filters, bob has none."""
    administration.add_account("carol@example.com", "carol12345", by="test")
    administration.add_account("lists@example.com", "lists12345", by="test")
    store.save("filters", {"alias_filter_account": "lists@example.com"}, by="test")
    current.refresh()
    given("alice@example.com", "rcptfilter", ALICE)
    given("alice@example.com", "smtpfilter", ALICE_CONTENT)
    given("carol@example.com", "rcptfilter", CAROL)
    given("carol@example.com", "rcptfilter-shop:1", CAROL_SHOP)
    given("carol@example.com", "smtpfilter", CAROL_CONTENT)
    given("lists@example.com", "rcptfilter-alias-all@example:com", LISTS)
    yield smtp
    shutil.rmtree(deployment().homes / "example.com")
    recipient.forget()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_session_with_filtered_recipients(script: Path, filtered: Addresses) -> None:
    play(script, filtered[script.stem.partition("_")[0]])


def at_rcpt(smtp: Addresses, address: str = "alice@example.com") -> str:
    connection = Connection(smtp["smtp"])
    connection.line()
    for command in (
        b"HELO peer",
        b"MAIL FROM:<ann@peer.example.net>",
        b"RCPT TO:<%b>" % address.encode(),
    ):
        connection.send(command + b"\r\n")
        reply = connection.line()
    connection.socket.close()
    return reply.rstrip()


def test_what_passes_at_smtp_time_is_sorted_at_delivery(filtered: Addresses) -> None:
    alice = directory.account("alice@example.com")
    assert alice is not None
    places = [alice.maildir / part for part in ("new", ".Reports/new")]
    before = [len(list(place.glob("*"))) for place in places]
    homes.write(alice.home, ".mailfilter", b'if (/^Subject: report/)\n  to "./Maildir/.Reports"\n')
    connection = Connection(filtered["smtp"])
    connection.line()
    for subject, code in ((b"report", "250"), (b"other", "250"), (b"forbidden w\xc3\xb6rd", "554")):
        lines = (
            b"HELO peer",
            b"MAIL FROM:<ann@peer.example.net>",
            b"RCPT TO:<alice@example.com>",
            b"DATA",
        )
        for command in lines:
            connection.send(command + b"\r\n")
            assert connection.line()[0] in "23"
        encoded = b"=?utf-8?b?" + base64.b64encode(subject) + b"?="
        connection.send(b"Subject: " + encoded + b"\r\n\r\nx\r\n.\r\n")
        assert connection.line().startswith(code)
    connection.socket.close()
    attempt_all()
    after = [len(list(place.glob("*"))) for place in places]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


UNAVAILABLE = "432 4.3.0 Mail filters temporarily unavailable."


@pytest.mark.parametrize(
    "source",
    [
        "X=\n",
        'to "./Maildir"\n',
        "X=`ls`\n",
        'include "nosuch"\n',
        "while (1)\n X=1\n",
        "EXITCODE=75\nexit\n",
    ],
)
def test_a_filter_that_fails_puts_mail_off(source: str, filtered: Addresses) -> None:
    given("alice@example.com", "rcptfilter", source)
    assert at_rcpt(filtered) == UNAVAILABLE


@pytest.mark.parametrize(("file", "directory"), [(0o644, 0o700), (0o600, 0o755), (0o620, 0o700)])
def test_a_filter_that_is_not_its_owners_alone_is_not_run(
    file: int, directory: int, filtered: Addresses
) -> None:
    path = given("alice@example.com", "rcptfilter", "EXITCODE=99\nexit\n")
    assert at_rcpt(filtered).startswith("250 ")
    path.chmod(file)
    path.parent.chmod(directory)
    assert at_rcpt(filtered) == UNAVAILABLE


def test_an_extension_without_a_file_of_its_own_asks_the_default_ones(filtered: Addresses) -> None:
    given("bob@example.com", "rcptfilter-list-default", "echo $MAILFILTER\nEXITCODE=1\nexit\n")
    assert at_rcpt(filtered, "bob+list-1-2@example.com") == "571 5.7.1 rcptfilter-list-1-2"
    assert at_rcpt(filtered, "bob+other@example.com").startswith("250 ")
    given("bob@example.com", "default", 'echo "550 Nobody."\nEXITCODE=1\nexit\n')
    assert at_rcpt(filtered, "bob+other@example.com") == "550 5.7.1 Nobody."


def test_a_filter_cannot_speak_in_anothers_name(filtered: Addresses) -> None:
    given(
        "alice@example.com", "rcptfilter", 'echo "250 Fine.\\r\\n250 Really."\nEXITCODE=1\nexit\n'
    )
    assert at_rcpt(filtered).startswith("571")


@pytest.fixture
def admins(filtered: Addresses) -> Iterator[Path]:
    folder = home_files.administrators()
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('echo "550 By the book."\nEXITCODE=1\nexit\n', "550 5.7.1 By the book."),
        ("X=`ls`\n", UNAVAILABLE),
        ('xfilter "cat"\n', UNAVAILABLE),
        ('to "./Maildir"\n', UNAVAILABLE),
        ('logfile "x"\n', UNAVAILABLE),
        ('log "x"\n', UNAVAILABLE),
        ('flock "x" {\n}\n', UNAVAILABLE),
    ],
)
def test_an_administrators_file_judges_and_does_nothing_else_either(
    source: str, said: str, filtered: Addresses, admins: Path
) -> None:
    (admins / "book").write_text(source)
    given("alice@example.com", "rcptfilter", f'include "{admins}/book"\n')
    assert at_rcpt(filtered) == said


def at_data(smtp: Addresses, address: str = "alice@example.com") -> str:
    connection = Connection(smtp["smtp"])
    connection.line()
    for command in (
        b"HELO peer",
        b"MAIL FROM:<ann@peer.example.net>",
        b"RCPT TO:<%b>" % address.encode(),
        b"DATA",
    ):
        connection.send(command + b"\r\n")
        assert connection.line()[0] in "23"
    connection.send(b"Subject: x\r\n\r\nforbidden w\xc3\xb6rd\r\n.\r\n")
    reply = connection.line()
    connection.socket.close()
    return reply.rstrip()


@pytest.mark.parametrize("source", ["X=\n", 'to "./Maildir"\n', "EXITCODE=75\nexit\n"])
def test_a_content_filter_that_fails_puts_mail_off(source: str, filtered: Addresses) -> None:
    given("alice@example.com", "smtpfilter", source)
    assert at_data(filtered) == UNAVAILABLE


def test_no_content_filter_is_asked_about_mail_for_lists(filtered: Addresses) -> None:
    given("lists@example.com", "rcptfilter-alias-all@example:com", "EXITCODE=99\nexit\n")
    given("lists@example.com", "smtpfilter", "EXITCODE=1\nexit\n")
    assert at_data(filtered, "all@example.com").startswith("250 ")


def test_a_content_filter_keeps_what_it_looks_up_in_its_home(filtered: Addresses) -> None:
    given("alice@example.com", "words", "unused\n")
    alice = directory.account("alice@example.com")
    assert alice is not None
    homes.write(alice.home, "bad", b"forbidden\n")
    source = '/^(forbidden) /:b\nif (lookup($MATCH1, "bad") && time > 1 && gdbmopen("none"))\n{\n EXITCODE=1\n exit\n}\n'
    given("alice@example.com", "smtpfilter", source)
    assert at_data(filtered) == "550 5.7.1 Access denied."


def test_a_filter_is_told_what_lists_noted_of_the_peer(filtered: Addresses) -> None:
    source = 'import BLOCK2\necho "550 $1 $2 $3 $4 $5 $BLOCK2"\nEXITCODE=1\nexit\n'
    given("alice@example.com", "rcptfilter", source)
    path = MailPath("alice", "example.com")
    peer = Peer("192.0.2.9", "mx.peer.example", notes=(("BLOCK2", "listed"), ("BOUNCE", "odd")))
    question = Question(
        path, router.resolve(path), MailPath("ann", "peer.example"), peer, current.snapshot()
    )
    said = recipient.consult(question)
    assert str(said) == "550 5.7.1 mx.peer.example 192.0.2.9 ann@peer.example odd listed listed"


def test_recipients_filters_can_be_switched_off(filtered: Addresses) -> None:
    given("alice@example.com", "rcptfilter", "EXITCODE=1\nexit\n")
    assert at_rcpt(filtered).startswith("571 ")
    store.save("filters", {"recipient_filters": False}, by="test")
    current.refresh()
    assert at_rcpt(filtered).startswith("250 ")


def test_who_has_no_filter_is_not_asked_again_for_a_while(filtered: Addresses) -> None:
    settings = current.snapshot()
    at_rcpt(filtered, "bob@example.com")
    for address, known in (("bob@example.com", True), ("alice@example.com", False)):
        resolution = router.resolve(MailPath.of(address))
        assert recipient.has_none(resolution, settings) is known


def test_a_user_who_logs_in_is_not_asked_about(filtered: Addresses) -> None:
    given("alice@example.com", "rcptfilter", "EXITCODE=1\nexit\n")
    connection = Connection(filtered["submission"])
    connection.line()
    connection.send(b"EHLO client\r\n")
    while not connection.line().startswith("250 "):
        pass
    for command in (
        b"AUTH PLAIN AGJvYkBleGFtcGxlLmNvbQBidWlsZGVyOTk=",
        b"MAIL FROM:<bob@example.com>",
    ):
        connection.send(command + b"\r\n")
        assert connection.line()[0] == "2"
    connection.send(b"RCPT TO:<alice@example.com>\r\n")
    assert connection.line().startswith("250 ")
    connection.socket.close()
