"""What accounts' `.mailfilter` files make of their mail, from the queue to where it ends."""

import mailbox
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from mailcore.conf import current
from mailcore.errors import TemporaryFailure
from mailcore.filters import instructions
from mailcore.mailbox.store import MailStore
from mailcore.queue import trace
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.queue.models import Recipient
from mailcore.routing import homes
from mailcore.transports.local import mail_filter
from mailcore.transports.local.errand import Errand
from tests.support.homes import (
    account,
    allow_programs,
    attempt_all,
    configure,
    deliver,
    inbox,
    left,
    order,
    people,
    submit,
    try_again,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])
BOB = "bob@example.test"
SPAM = b"From: <a@far.test>\r\nTo: <bob@example.test>\r\nSubject: buy =?utf-8?q?k=C3=A4se?=\r\n\r\ncheap\r\n"


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve")


def filtered(source: str, mode: int = 0o600) -> FilePath:
    """Give bob a filter; the file."""
    home = homes.make(account())
    homes.write(home, ".mailfilter", source.encode())
    (home / ".mailfilter").chmod(mode)
    return home / ".mailfilter"


def events(number: int) -> list[str]:
    return [event.event for event in trace.life(number)]


def why(number: int) -> str:
    return " ".join(str(event) for event in trace.life(number))


# Where mail goes.


def test_mail_goes_into_the_folder_that_the_filter_says() -> None:
    filtered('if (/^Subject:.*käse/)\n to "./Maildir/.Junk"\nto "./Maildir"\n')
    deliver(content=SPAM)
    deliver()
    assert [b"Subject: buy" in each for each in inbox(folder=".Junk")] == [True]
    assert [b"Subject: hi" in each for each in inbox()] == [True]
    assert inbox()[0].startswith(b"Return-Path: <a@far.test>\nDelivered-To: bob@example.test\n")


def test_a_filter_that_ends_without_delivering_leaves_mail_where_default_says() -> None:
    filtered("X=1\n")
    deliver()
    filtered('DEFAULT="./Maildir/.Later"\n')
    deliver()
    assert (len(inbox()), len(inbox(folder=".Later"))) == (1, 1)


def test_a_copy_goes_on_and_a_folder_may_have_two() -> None:
    filtered('cc "./Maildir/.A"\ncc "./Maildir/.A"\ncc "./box"\nto "./Maildir"\n')
    deliver()
    assert (len(inbox()), len(inbox(folder=".A"))) == (1, 2)
    [kept] = mailbox.mbox(str(account().home / "box"), create=False)
    assert kept["Subject"] == "hi"


def test_exit_throws_the_message_away_and_the_trace_says_so() -> None:
    filtered("exit\n")
    number = submit(BOB)
    attempt_all()
    assert not inbox()
    assert not Recipient.objects.exists()
    assert "discarded" in events(number)


def test_the_filter_sees_who_sent_it_and_for_whom() -> None:
    filtered(
        'logfile "log"\nlog "$FROM $HOME $DEFAULT $SIZE"\n/^Delivered-To: (.*)/\nlog $MATCH1\n'
    )
    deliver(sender="b+c@far.test")
    lines = (account().home / "log").read_text().split("\n")
    assert lines[0] == f"b+c@far.test {account().home} ./Maildir {len(inbox()[0])}"
    assert lines[1] == BOB
    assert "Subj: hi" in lines
    assert any(line.startswith("File: ./Maildir ") for line in lines)


def test_trap_23_default_is_where_mail_goes_and_the_extension_is_imported() -> None:
    order("", "default")
    filtered('logfile "log"\nlog $DEFAULT\nimport DEFAULT\nlog "[$DEFAULT]"\nDEFAULT="./Maildir"\n')
    deliver("bob+shop@example.test")
    assert (account().home / "log").read_text().split("\n")[:2] == ["./Maildir", "[shop]"]


def test_flags_and_keywords_are_set_on_what_is_delivered() -> None:
    filtered('FLAGS="SF"\nKEYWORDS="Work,Later"\nto "./Maildir"\n')
    deliver()
    with MailStore(account().maildir) as store:
        [row] = store.folder("INBOX").page()
    assert row.flags == {"\\Seen", "\\Flagged", "Work", "Later"}


def test_mail_is_sent_on_to_addresses() -> None:
    filtered('cc "!eve ann@far.example"\nto "./Maildir"\n')
    number = submit(BOB)
    attempt_all()
    assert (len(inbox()), len(inbox("eve@example.test"))) == (1, 1)
    assert "ann@far.example" in set(Recipient.objects.values_list("forward_path", flat=True))
    assert b"Delivered-To: bob@example.test" in inbox("eve@example.test")[0]
    assert "delivered" in events(number)


def test_an_account_with_instructions_does_not_ask_its_filter() -> None:
    filtered('to "./Maildir/.Filtered"\n')
    order("./Maildir/.Ordered\n")
    deliver()
    assert (len(inbox(folder=".Ordered")), len(inbox(folder=".Filtered"))) == (1, 0)


def test_filters_can_be_switched_off() -> None:
    filtered('to "./Maildir/.Filtered"\n')
    configure(filters=False)
    deliver()
    assert (len(inbox()), len(inbox(folder=".Filtered"))) == (1, 0)


# The administrator's filter.


@pytest.fixture
def site() -> Iterator[FilePath]:
    file = instructions.site()
    yield file
    file.unlink()


def test_the_administrators_filter_comes_first_and_for_everybody(site: FilePath) -> None:
    site.write_text('if (/^Subject: buy/)\n  to "./Maildir/.Junk"\nMARK="seen"\n')
    deliver("eve@example.test", content=SPAM)
    deliver("eve@example.test")
    filtered('if ($MARK eq "seen")\n  to "./Maildir/.Own"\n')
    deliver(content=SPAM)
    deliver()
    assert [len(inbox("eve@example.test", name)) for name in ("", ".Junk")] == [1, 1]
    assert [len(inbox(folder=name)) for name in ("", ".Junk", ".Own")] == [0, 1, 1]


def test_the_administrators_filter_must_not_be_anybodys_to_write(site: FilePath) -> None:
    site.write_text("exit\n")
    site.chmod(0o664)
    number = submit(BOB)
    attempt_all()
    assert "maildroprc must be its owner's alone" in why(number)
    site.chmod(0o644)
    try_again()
    assert not Recipient.objects.exists()


# Programs.


def test_no_program_runs_until_it_may() -> None:
    filtered('exception {\n  X=`echo no`\n}\ncc "./Maildir/.Safe$X"\nto "|cat >seen"\n')
    number = submit(BOB)
    attempt_all()
    assert len(inbox(folder=".Safe")) == 1
    assert "programs may not run" in why(number)
    assert not (account().home / "seen").exists()


def test_programs_are_given_the_message_and_their_code_counts() -> None:
    allow_programs()
    filtered('FOO=bar\nX=`echo $FOO; wc -l`\nif ("$X" =~ /^bar/)\n to "|cat >seen; exit 0"\n')
    number = submit(BOB)
    attempt_all()
    assert b"Subject: hi" in (account().home / "seen").read_bytes()
    assert "delivered" in events(number)


def test_a_program_may_return_the_message() -> None:
    allow_programs()
    filtered('to "|echo Not here any more; exit 67"\n')
    number = submit(BOB)
    attempt_all()
    assert "failed" in events(number)
    assert "Not here any more" in why(number)


def test_a_message_is_replaced_by_what_a_program_makes_of_it() -> None:
    allow_programs()
    filtered('xfilter "sed s/^Subject:/Subject:.NEW./"\ncc "!eve"\nto "./Maildir"\n')
    deliver()
    for text in (inbox()[0], inbox("eve@example.test")[0]):
        assert b"Subject:.NEW. hi\n" in text
        assert text.count(b"Return-Path:") == 1
    assert inbox()[0].count(b"Delivered-To:") == 1


def test_what_the_filter_says_itself_is_the_outcome() -> None:
    filtered('echo "No such person"\nEXITCODE=67\nexit\n')
    number = submit(BOB)
    attempt_all()
    assert "failed" in events(number)
    assert "No such person" in why(number)


def test_a_program_that_was_only_asked_has_not_got_the_mail() -> None:
    allow_programs()
    filtered("X=`cat`\nexit\n")
    number = submit(BOB)
    attempt_all()
    assert "discarded" in events(number)


# What puts mail off.


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("X=\n", ".mailfilter, line 1, column 3"),
        ('include "nosuch"\n', "Unable to open nosuch"),
        ('to "/etc/passwd"\n', "not this account's"),
        ('to "./.courier"\n', "is itself an instruction"),
        ('logfile "/tmp/x"\n', "not this account's"),
        ('logfile ".mailfilters/rcptfilter"\n', "is itself an instruction"),
        ('lookup("x", "/etc/passwd")\n', "not this account's"),
        ("while (1)\n X=1\n", "Stopped after"),
        ('to "!"\n', "takes one to"),
        ('to "!not<an>address"\n', "Can't be sent on"),
        ('to "!nobody@example.test"\n', "Can't be sent on"),
        ('logfile "no/such/place"\nto "./Maildir"\n', "The log can't be written"),
        ('flock "no/such/place" {\n}\n', "A lock can't be had"),
        ('include ""\n', "without a usable name"),
        ('include "."\n', "not this account's"),
        ("EXITCODE=75\nexit\n", "exit code 75"),
    ],
)
def test_a_filter_that_fails_puts_mail_off_and_says_why(source: str, told: str) -> None:
    filtered(source)
    number = submit(BOB)
    attempt_all()
    assert not inbox()
    assert "deferred" in events(number)
    assert told in why(number)
    assert told not in left().reply or told == "exit code 75"
    filtered("")
    try_again()
    assert len(inbox()) == 1


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_filter_that_is_not_its_owners_alone_is_not_run(mode: int) -> None:
    filtered('to "./Maildir"\n', mode)
    number = submit(BOB)
    attempt_all()
    assert not inbox()
    assert "chmod 600" in why(number)


@pytest.mark.parametrize("mode", [0o1700, 0o707])
def test_mail_is_held_while_the_home_is_sticky_or_open(mode: int) -> None:
    filtered('to "./Maildir"\n')
    account().home.chmod(mode)
    submit(BOB)
    attempt_all()
    assert not inbox()
    account().home.chmod(0o700)
    try_again()
    assert len(inbox()) == 1


def test_a_filter_may_not_be_a_link() -> None:
    file = filtered("exit\n")
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")
    number = submit(BOB)
    attempt_all()
    assert "is a link" in why(number)
    assert left().attempts == 1


def test_a_retry_brings_no_second_copy_into_a_mailbox() -> None:
    filtered('cc "./Maildir/.A"\ncc "./Maildir"\ninclude "nosuch"\n')
    submit(BOB)
    attempt_all()
    try_again()
    assert (len(inbox()), len(inbox(folder=".A"))) == (1, 1)


# Files of the account.


def test_a_filter_includes_and_looks_up_what_its_home_has() -> None:
    home = homes.make(account())
    homes.write(home, "bad", b"# these\n^a@far\n")
    homes.write(home, "rules", b'if (lookup($FROM, "bad"))\n to "./Maildir/.Bad"\n')
    filtered('include "rules"\n')
    deliver()
    assert len(inbox(folder=".Bad")) == 1


def test_a_filter_remembers_in_a_file_of_keys() -> None:
    filtered(
        'logfile "log"\ngdbmopen("seen", "C")\nlog gdbmfetch($FROM, "", "new")\ngdbmstore($FROM, "old")\n'
        'log gdbmopen("none", "R")\n'
    )
    deliver()
    deliver()
    said = [line for line in (account().home / "log").read_text().split("\n") if len(line) == 3]
    assert said == ["new", "old"]
    assert (account().home / "seen").stat().st_mode & 0o777 == 0o600


def test_locks_keep_others_out_and_leave_nothing_behind() -> None:
    filtered('dotlock "box.lock" {\n  flock "other" {\n    cc "./box"\n  }\n}\n')
    deliver()
    home = account().home
    assert not (home / "box.lock").exists()
    assert (home / "box").exists()


def test_a_lock_whose_holder_is_gone_is_taken_away() -> None:
    homes.write(homes.make(account()), "box.lock", b"")
    os.utime(account().home / "box.lock", (0, 0))
    filtered('dotlock "box.lock" {\n  to "./Maildir"\n}\n')
    deliver()
    assert len(inbox()) == 1


def test_what_is_no_file_of_keys_is_not_opened() -> None:
    home = homes.make(account())
    homes.write(home, "junk", b"not a database " * 100)
    with sqlite3.connect(home / "trap") as trap:
        trap.execute(
            "CREATE VIEW pairs AS WITH RECURSIVE c(key) AS (SELECT 1 UNION ALL SELECT key + 1 FROM c)"
            " SELECT key, key AS value FROM c WHERE key < 0"
        )
    filtered('if (gdbmopen("junk") eq "-1" && gdbmopen("trap") eq "-1")\n to "./Maildir/.Right"\n')
    deliver()
    assert len(inbox(folder=".Right")) == 1


def test_a_filter_that_takes_too_long_is_stopped() -> None:
    filtered('exception {\n  while (1)\n    if (/nosuch/:hb)\n      X=1\n}\nto "./Maildir"\n')
    message = ClaimedMessage(
        1, 0.0, 0.0, 0.0, "a@far.test", "smtp", "", "", "", 3, 0, b"", "", False, False, "", "", False,
        "", False,
    )  # fmt: skip
    whom = ClaimedRecipient(2, 1, BOB, "", "", BOB, 0)
    errand = Errand(account(), message, whom, b"\r\nx", current.snapshot().local, until=1.0)
    with pytest.raises(TemporaryFailure, match="can't be followed"):
        mail_filter.run(errand)
    assert errand.trouble == "It took too long."
