"""What accounts' `.courier` files make of their mail, from the queue to where it ends."""

import mailbox
import os
from pathlib import Path as FilePath

import pytest

from mailcore.accounts import administration, directory
from mailcore.accounts.models import Account, Domain
from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path, Ret
from mailcore.queue import trace
from mailcore.queue.content import Content
from mailcore.queue.models import Message, Recipient
from mailcore.routing import homes
from mailcore.submit.accept import accept
from tests.support.homes import (
    FROM_AFAR,
    MESSAGE,
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


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve")


def events(number: int) -> list[str]:
    return [event.event for event in trace.life(number)]


# Trap 12.


def test_trap_12_a_path_that_is_not_there_becomes_an_mbox() -> None:
    order("./archive\n")
    deliver()
    deliver()
    box = mailbox.mbox(str(account().home / "archive"), create=False)
    assert [each["Delivered-To"] for each in box] == [BOB, BOB]
    assert box[0]["Return-Path"] == "<a@far.test>"
    assert b"\n\nHello\n>From me\n\n" in (account().home / "archive").read_bytes()
    assert not inbox()


def test_trap_12_a_directory_that_is_there_is_a_maildir() -> None:
    order("./archive/\n")
    for part in ("tmp", "new", "cur"):
        (account().home / "archive" / part).mkdir(parents=True)
    deliver()
    [file] = (account().home / "archive/new").iterdir()
    assert file.read_bytes().startswith(b"Return-Path: <a@far.test>\nDelivered-To: bob@")
    assert file.read_bytes().endswith(b"\n\nHello\nFrom me\n")


def test_a_directory_that_is_no_maildir_defers() -> None:
    order("./archive\n")
    (account().home / "archive").mkdir()
    deliver()
    assert (left().state, left().status) == ("queued", "4.3.0")
    assert "no Maildir" in left().reply


# Trap 13.


def test_trap_13_an_empty_file_is_default_delivery() -> None:
    order("")
    deliver()
    assert len(inbox()) == 1
    assert not Message.objects.exists()


def test_trap_13_only_comments_discard_and_the_trace_says_so() -> None:
    order("# I read no mail\n\n")
    number = submit(BOB)
    attempt_all()
    assert not inbox()
    assert not Message.objects.exists()
    assert events(number) == ["queued", "discarded"]


def test_without_a_home_mail_is_delivered_and_none_is_made() -> None:
    deliver()
    assert len(inbox()) == 1
    assert not account().home.exists()


# Trap 15.


def test_trap_15_a_retry_repeats_what_was_carried_out() -> None:
    allow_programs()
    order("|echo ran >>ran\n./Maildir\n|test -e ready || exit 75\n./Maildir/.Late\n")
    deliver()
    home = account().home
    assert ((home / "ran").read_text(), len(inbox())) == ("ran\n", 1)
    assert (left().state, left().attempts) == ("queued", 1)
    (home / "ready").touch()
    try_again()
    assert (home / "ran").read_text() == "ran\nran\n"
    assert len(inbox()) == 1, "a Maildir of ours knows what it has"
    assert len(inbox(folder=".Late")) == 1
    assert not Recipient.objects.exists()


# Where mail goes.


def test_the_maildir_of_the_home_is_the_accounts_mail_and_its_folders() -> None:
    order("./Maildir/\n./Maildir/.Work\n./Maildir/.Work\n")
    deliver()
    assert (len(inbox()), len(inbox(folder=".Work"))) == (1, 2)
    assert inbox()[0].startswith(b"Return-Path: <a@far.test>\nDelivered-To: bob@example.test\n")


def test_a_home_made_by_hand_has_its_way_to_the_mail_too() -> None:
    account().home.mkdir(parents=True)
    (account().home / ".courier").write_text("./Maildir\n")
    deliver()
    assert len(inbox()) == 1


def test_a_full_maildir_defers_what_instructions_put_into_it() -> None:
    administration.set_account(BOB, by="test", quota_bytes=10)
    directory.forget()
    order("./Maildir\n")
    deliver()
    assert (left().status, left().reply) == ("4.2.2", "Maildir over quota.")


def test_the_null_device_takes_everything() -> None:
    order("/dev/null\n")
    deliver()
    assert not Recipient.objects.exists()
    assert not inbox()


@pytest.mark.parametrize(
    "path",
    ["/etc/mailbox", "../eve", "./out/box", "./Maildir/new/x", "./Maildir/x", "./.courier-x", "."],
)
def test_paths_stay_within_the_accounts_home_and_mail(path: str, tmp_path: FilePath) -> None:
    order(f"{path}\n")
    (account().home / "out").symlink_to(tmp_path)
    deliver()
    assert left().state == "queued"
    assert not (tmp_path / "box").exists()
    assert sorted(each.name for each in account().home.iterdir()) == [
        ".courier",
        "Maildir",
        "out",
    ]


def test_quarantined_mail_keeps_out_of_the_inbox() -> None:
    order("./Maildir\n")
    envelope = Envelope(Path.of("a@far.test"), (EnvelopeRecipient(Path.of(BOB)),))
    origin = FROM_AFAR.__class__("ESMTP", "x", fields=b"X-Courier-Quarantine: dmarc\r\n")
    accept(envelope, None, Content.of(MESSAGE), origin).result(10)
    attempt_all()
    assert not inbox()
    assert len(inbox(folder=".Junk")) == 1


# Which file speaks.


@pytest.mark.parametrize(
    ("to", "box"),
    [
        ("bob@example.test", "bare"),
        ("bob+shop@example.test", "shop"),
        ("Bob+Shop@example.test", "shop"),
        ("bob+list+dev@example.test", "list"),
        ("bob+list@example.test", "bare"),
        ("bob+v1.2@example.test", "dots"),
        ("bob+else@example.test", "bare"),
    ],
)
def test_an_extension_finds_its_file_or_is_the_accounts(to: str, box: str) -> None:
    order("./bare\n")
    order("./shop\n", "shop")
    order("./list\n", "list-default")
    order("./dots\n", "v1:2")
    deliver(to)
    found = {
        each.name
        for each in account().home.iterdir()
        if each.name in ["bare", "shop", "list", "dots"]
    }
    assert found == {box}


def test_default_catches_every_extension_and_not_the_account() -> None:
    order("./caught\n", "default")
    deliver("bob+anything@example.test", BOB)
    assert len(mailbox.mbox(str(account().home / "caught"))) == 1
    assert len(inbox()) == 1


def test_the_account_alias_speaks_for_unknown_users() -> None:
    Account.objects.create(
        address="alias@example.test",
        domain=Domain.objects.get(),
        password="x",
        maildir=f"example.test/alias-{os.urandom(4).hex()}",
    )
    directory.forget()
    order("&eve\n", "sales", "alias@example.test")
    order("./caught\n", "default", "alias@example.test")
    deliver("sales@example.test", "Nobody.Else@example.test")
    assert b"\nDelivered-To: sales@example.test\n" in inbox("eve@example.test")[0]
    box = mailbox.mbox(str(account("alias@example.test").home / "caught"), create=False)
    assert [each["Delivered-To"] for each in box] == ["Nobody.Else@example.test"]


def test_the_word_of_the_files_can_be_qmails() -> None:
    configure(instructions_word="qmail")
    order("./never\n")
    homes.write(account().home, ".qmail", b"./box\n")
    deliver()
    assert (account().home / "box").exists()
    assert not (account().home / "never").exists()


def test_instructions_can_be_switched_off() -> None:
    order("./box\n")
    configure(instructions=False)
    deliver()
    assert len(inbox()) == 1


@pytest.mark.parametrize("spoil", ["world-writable", "syntax", "directory", "link"])
def test_a_file_that_must_not_be_used_puts_mail_off(spoil: str, tmp_path: FilePath) -> None:
    file = order("./box\n")
    if spoil == "world-writable":
        file.chmod(0o602)
    elif spoil == "syntax":
        file.write_text("./box\n@@@\n")
    else:
        file.unlink()
        if spoil == "directory":
            file.mkdir()
        else:
            (tmp_path / "far").write_text("./box\n")
            file.symlink_to(tmp_path / "far")
    deliver(BOB, "eve@example.test")
    assert (left().state, left().status) == ("queued", "4.3.0")
    assert "elivery instructions" in left().reply
    assert not (account().home / "box").exists()
    assert len(inbox("eve@example.test")) == 1


def test_a_link_to_another_file_of_the_home_is_followed() -> None:
    order("./box\n", "work")
    (account().home / ".courier").symlink_to(".courier-work")
    deliver()
    assert (account().home / "box").exists()


# Forwards.


def test_a_forward_goes_on_with_all_that_the_sender_asked_for() -> None:
    order("&ann@far.test, eve\n")
    envelope = Envelope(
        Path.of("a@far.test"),
        (EnvelopeRecipient(Path.of(BOB), frozenset({Notify.SUCCESS, Notify.FAILURE})),),
        ret=Ret.HDRS,
        envid="E1",
    )
    number = accept(envelope, None, Content.of(MESSAGE), FROM_AFAR).result(10).id
    attempt_all()
    assert events(number) == ["queued", "forwarded"]
    message = Message.objects.get()
    assert (message.reverse_path, message.ret, message.envid) == ("a@far.test", "HDRS", "E1")
    row = Recipient.objects.get(forward_path="ann@far.test")
    assert (row.notify, row.orcpt) == ("FAILURE,SUCCESS", "rfc822;bob@example.test")
    assert Recipient.objects.get(state="report").forward_path == "eve@example.test"
    [mail] = inbox("eve@example.test")
    assert mail.startswith(
        b"Return-Path: <a@far.test>\nDelivered-To: eve@example.test\nReceived: from"
    )
    assert b"\nDelivered-To: bob@example.test\nReceived: from peer.far.test" in mail
    assert mail.endswith(b"\n\nHello\nFrom me\n")


def test_a_forward_of_verp_mail_has_the_encoded_sender() -> None:
    order("&eve\n")
    deliver(sender="list-return@far.test", verp=True)
    assert b"Return-Path: <list-return-bob=example.test@far.test>\n" in inbox("eve@example.test")[0]


def test_a_forward_that_comes_back_is_a_loop() -> None:
    order("&eve\n")
    order("&bob\n", address="eve@example.test")
    deliver()
    assert (left().forward_path, left().state, left().status) == (BOB, "report", "5.4.6")


def test_a_refused_forward_returns_the_mail() -> None:
    order("&nobody\n")
    deliver()
    assert (left().state, left().action, left().status) == ("report", "failed", "5.1.1")
    assert left().reply == "User <nobody@example.test> unknown"


def test_a_forward_of_a_long_message_is_whole() -> None:
    order("&eve\n")
    long = MESSAGE + b"0123456789abcde\r\n" * 20_000
    deliver(content=long)
    assert inbox("eve@example.test")[0].endswith(long.replace(b"\r\n", b"\n"))


def test_what_is_kept_and_sent_on_is_delivered_and_the_trace_tells_the_rest() -> None:
    order("./Maildir\n&eve\n")
    number = submit(BOB)
    attempt_all()
    assert events(number) == ["queued", "delivered"]
    text = trace.life(number)[-1].text
    assert text.startswith("into ./Maildir, forwarded to eve@example.test as ")
    assert len(inbox()) == len(inbox("eve@example.test")) == 1


def test_one_accounts_broken_instructions_stop_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    order("./box\n")
    order("./box\n", address="eve@example.test")
    os.mkfifo(account().home / "box")
    deliver(BOB, "eve@example.test")
    assert left().forward_path == BOB
    assert (account("eve@example.test").home / "box").exists()
