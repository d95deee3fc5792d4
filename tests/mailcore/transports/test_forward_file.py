"""`|| dotforward`, `preline` and `maildrop` in instructions."""

import pytest

from mailcore.queue.models import Recipient
from mailcore.routing import homes
from mailcore.transports.local import built_in
from tests.support.homes import (
    MESSAGE,
    account,
    allow_programs,
    configure,
    deliver,
    inbox,
    left,
    order,
    people,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])
BOB, EVE = "bob@example.test", "eve@example.test"


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve", "ann")


def forward(text: str, rest: str = "./Maildir\n") -> None:
    order(f"|| dotforward\n{rest}")
    homes.write(account().home, ".forward", text.encode())


def test_without_a_forward_file_the_next_line_follows() -> None:
    order("|| dotforward\n./Maildir\n")
    deliver()
    assert len(inbox()) == 1


def test_a_forward_file_sends_mail_on_and_ends_there() -> None:
    forward("eve, ann@example.test\n")
    deliver()
    assert (len(inbox()), len(inbox(EVE)), len(inbox("ann@example.test"))) == (0, 1, 1)


@pytest.mark.parametrize("own", ["\\bob", "bob", "Bob@Example.test", "bob+shop"])
def test_ones_own_address_in_it_keeps_a_copy(own: str) -> None:
    forward(f"{own}, eve\n")
    deliver("bob+shop@example.test")
    assert (len(inbox()), len(inbox(EVE))) == (1, 1)


def test_addresses_that_had_the_message_are_left_out() -> None:
    forward("eve, ann\n")
    deliver(content=b"Delivered-To: eve@example.test\r\n" + MESSAGE)
    assert (len(inbox(EVE)), len(inbox("ann@example.test"))) == (0, 1)


def test_files_and_programs_of_it_are_followed_as_far_as_they_may() -> None:
    allow_programs()
    forward('"|cat >got", ./box\n')
    deliver()
    assert (account().home / "got").read_bytes().endswith(b"\n\nHello\nFrom me\n")
    assert (account().home / "box").exists()
    configure(programs=False)
    deliver()
    assert "programs may not run here" in left().reply


def test_included_lists_give_addresses_only() -> None:
    forward(":include:list\n")
    homes.write(account().home, "list", b'eve, "|touch ran", ./box, :include:more\n')
    homes.write(account().home, "more", b"ann\n")
    deliver()
    assert (len(inbox(EVE)), len(inbox("ann@example.test"))) == (1, 1)
    assert not (account().home / "ran").exists()
    assert not (account().home / "box").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (":include:.forward\n", "more than 10 deep"),
        (":include:/etc/hostname\n", "must not be included"),
        (":include:../eve/.forward\n", "must not be included"),
        (":include:missing\n", "can't be read"),
        ("a b c\n", "line 1"),
    ],
)
def test_a_list_that_cant_be_used_puts_mail_off(text: str, why: str) -> None:
    forward(text)
    deliver()
    assert left().state == "queued"
    assert why in left().reply
    assert not inbox()


def test_a_forward_file_that_anybody_may_write_puts_mail_off() -> None:
    forward("eve\n")
    (account().home / ".forward").chmod(0o606)
    deliver()
    assert "can be written by anybody" in left().reply


def test_preline_puts_three_lines_before_the_message() -> None:
    allow_programs()
    order("|preline /bin/cat >got\n|/usr/bin/preline sh -c 'head -1 >first'\n")
    deliver()
    lines = (account().home / "got").read_text().split("\n")
    assert lines[0].startswith("From a@far.test ")
    assert lines[1:3] == ["Delivered-To: bob@example.test", "Return-Path: <a@far.test>"]
    assert lines[3].startswith("Received: ")
    assert (account().home / "first").read_text() == lines[0] + "\n"


def test_maildrop_is_the_accounts_own_filter_or_its_mailbox() -> None:
    order("|/usr/bin/maildrop\n")
    deliver()
    assert len(inbox()) == 1
    homes.write(account().home, ".mailfilter", b'to "./Maildir/.Sorted"\n')
    deliver()
    assert (len(inbox()), len(inbox(folder=".Sorted"))) == (1, 1)
    assert not Recipient.objects.exists()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("maildrop", "maildrop"),
        ("/usr/bin/maildrop", "maildrop"),
        ("maildrop -d x", ""),
        ("mymaildrop", ""),
        ("x/maildrop", ""),
        ("dotforward", "dotforward"),
        ("preline", ""),
        ("preline procmail -t", "preline"),
    ],
)
def test_built_in_commands_are_known_by_their_names(command: str, kind: str) -> None:
    known = [
        name
        for name, found in (
            ("maildrop", built_in.maildrop(command)),
            ("dotforward", built_in.dotforward(command)),
            ("preline", bool(built_in.preline(command))),
        )
        if found
    ]
    assert known == ([kind] if kind else [])
