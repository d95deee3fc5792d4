"""Programs that accounts run for their mail: what they are told, what they may, how they end."""

import os
import time

import pytest

from mailcore.accounts import directory
from mailcore.accounts.models import Account
from mailcore.conf import current, store
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.delivery import attempt, scheduler
from mailcore.delivery.resolve import resolve
from mailcore.envelope import Source
from mailcore.policy.models import Lesson
from mailcore.queue import control, leases
from mailcore.queue.models import Recipient
from mailcore.transports.local import programs
from mailcore.transports.local.errands import InstructionsTransport
from mailcore.transports.local.transport import LocalTransport
from tests.support.gone import assert_gone
from tests.support.homes import (
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
EVERYTHING = {
    "HOME", "USER", "SHELL", "PATH", "MAILDIRQUOTA", "MAILDROPDEFAULT", "SENDER", "RECIPIENT", "HOST",
    "LOCAL", "EXT", "EXT2", "EXT3", "EXT4", "DEFAULT", "DTLINE", "RPLINE", "UFLINE",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve")
    allow_programs()


def told() -> dict[str, str]:
    text = (account().home / "told").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


# Trap 14.


def test_trap_14_exit_99_stops_and_has_delivered() -> None:
    order("|exit 0\n./first\n|exit 99\n./second\n")
    deliver()
    assert not Recipient.objects.exists()
    assert (account().home / "first").exists()
    assert not (account().home / "second").exists()


@pytest.mark.parametrize("code", [64, 65, 67, 68, 69, 70, 76, 77, 78, 100, 112])
def test_trap_14_these_codes_return_the_mail_with_what_was_printed(code: int) -> None:
    order(f"|echo out; echo err >&2; exit {code}\n./never\n")
    deliver()
    row = left()
    assert (row.state, row.action, row.reply) == ("report", "failed", "out\nerr")
    assert row.status.startswith("5.")
    assert not (account().home / "never").exists()


@pytest.mark.parametrize("end", ["exit 1", "exit 75", "exit 111", "exit 200", "kill -TERM $$"])
def test_trap_14_everything_else_puts_mail_off(end: str) -> None:
    order(f"|{end}\n./never\n")
    deliver()
    row = left()
    assert (row.state, row.attempts, row.status) == ("queued", 1, "4.3.0")
    assert row.reply.startswith("The program that delivers this mail ")
    assert not (account().home / "never").exists()


def test_trap_14_exit_70_is_no_lesson_about_the_address() -> None:
    store.save("policy", {"suppress_backscatter": ("smtp",)}, by="test")
    current.refresh()
    order("|exit 67\n")
    order("|exit 70\n", address="eve@example.test")
    deliver(BOB, "eve@example.test", source=Source.SMTP)
    assert set(Recipient.objects.values_list("state", flat=True)) == {"report"}
    assert list(Lesson.objects.values_list("key", flat=True)) == [BOB]


# What a program is given.


def test_a_program_knows_all_about_the_mail_and_nothing_of_the_server() -> None:
    order("|env >told; pwd >where\n", "list-default")
    os.environ["COURIER_SECRET_FOR_TEST"] = "hush"
    try:
        deliver("bob+list+a+b+c@example.test", sender="list-return@far.test", verp=True)
    finally:
        del os.environ["COURIER_SECRET_FOR_TEST"]
    found = told()
    assert set(found) - {"PWD", "OLDPWD", "SHLVL", "_"} == EVERYTHING
    home = str(account().home)
    assert (account().home / "where").read_text() == home + "\n"
    assert {name: found[name] for name in ("HOME", "USER", "HOST", "LOCAL", "RECIPIENT")} == {
        "HOME": home,
        "USER": BOB,
        "HOST": "example.test",
        "LOCAL": "bob+list+a+b+c",
        "RECIPIENT": "bob+list+a+b+c@example.test",
    }
    assert [found[name] for name in ("EXT", "EXT2", "EXT3", "EXT4", "DEFAULT")] == [
        "list-a-b-c",
        "a-b-c",
        "b-c",
        "c",
        "a-b-c",
    ]
    sender = "list-return-bob+2Blist+2Ba+2Bb+2Bc=example.test@far.test"
    assert found["SENDER"] == sender
    assert found["RPLINE"] == f"Return-Path: <{sender}>"
    assert found["DTLINE"] == "Delivered-To: bob+list+a+b+c@example.test"
    assert found["UFLINE"].startswith(f"From {sender} ")


def test_a_program_reads_the_message_as_unix_has_it() -> None:
    order("|cat >got\n|wc -c >size\n")
    deliver()
    got = (account().home / "got").read_bytes()
    assert got.startswith(b"Received: from peer.far.test")
    assert got.endswith(MESSAGE.replace(b"\r\n", b"\n"))
    assert int((account().home / "size").read_text()) == len(got)
    assert (account().home / "got").stat().st_mode & 0o777 == 0o600


def test_a_program_may_leave_the_message_unread_however_long_it_is() -> None:
    order("|true\n./box\n")
    deliver(content=MESSAGE + b"0123456789abcde\r\n" * 100_000)
    assert (account().home / "box").stat().st_size > 1_600_000


def test_file_descriptors_of_the_server_stay_with_it() -> None:
    order("|ls /proc/self/fd >told\n")
    with (deployment().home / "open").open("w"):
        deliver()
    assert set((account().home / "told").read_text().split()) <= {"0", "1", "2", "3"}


# What it may.


def test_programs_do_not_run_unless_they_may_and_the_mail_waits() -> None:
    configure(programs=False)
    order("|touch ran\n")
    deliver()
    assert (left().state, left().attempts) == ("queued", 1)
    assert "programs may not run here" in left().reply
    assert not (account().home / "ran").exists()


def test_programs_can_be_allowed_to_one_account() -> None:
    configure(programs=False)
    store.save("local", {"programs": True}, by="test", scope=f"account:{BOB}")
    current.refresh()
    order("|touch ran\n")
    order("|touch ran\n", address="eve@example.test")
    deliver(BOB, "eve@example.test")
    assert (account().home / "ran").exists()
    assert left().forward_path == "eve@example.test"


def test_root_runs_nothing_unless_a_user_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    order("|touch ran\n")
    configure(program_user="")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    deliver()
    assert left().reply == "Programs can't be run here just now."
    assert not (account().home / "ran").exists()


def test_a_user_there_is_not_puts_mail_off() -> None:
    order("|touch ran\n")
    configure(program_user="no-such-user")
    deliver()
    assert left().state == "queued"


def test_only_root_can_run_programs_as_somebody_else() -> None:
    order("|id -un; id -G; exit 67\n")
    configure(program_user="nobody")
    deliver()
    if os.geteuid():
        assert left().reply == "Programs can't be run here just now."
    else:
        assert left().reply.split()[0] == "nobody"
        assert "0" not in left().reply.split()


def test_a_program_that_takes_too_long_is_ended_with_all_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "_GRACE", 0.2)
    configure(program_timeout=1)
    order("|trap '' TERM; sleep 600 & echo $! >child; wait; sleep 600\n")
    deliver()
    assert (left().state, left().reply) == (
        "queued",
        "The program that delivers this mail took too long.",
    )
    assert_gone((account().home / "child").read_text())


def test_what_a_program_leaves_running_ends_with_it() -> None:
    order("|sleep 600 & echo $! >child\n./box\n")
    deliver()
    assert (account().home / "box").exists()
    assert_gone((account().home / "child").read_text())


def test_a_program_can_print_for_ever_and_only_its_first_words_are_kept() -> None:
    order("|head -c 5000000 /dev/zero | tr '\\0' x; exit 67\n")
    deliver()
    assert left().reply == "x" * 4096


def test_what_a_report_has_of_a_programs_words_is_text_of_ten_lines() -> None:
    order("|printf '\\033[31mred\\n\\n\\377bad\\n'; seq 1 20; exit 67\n")
    deliver()
    lines = left().reply.split("\n")
    assert lines[:3] == [" [31mred", "\ufffdbad", "1"]
    assert len(lines) == 10


@pytest.mark.parametrize(
    ("limit", "command"),
    [
        ({"program_file": 100_000}, "head -c 1000000 /dev/zero >big"),
        (
            {"program_memory": 64 * 1024 * 1024},
            "head -c 500000000 /dev/zero | tail -n 1 >/dev/null",
        ),
    ],
)
def test_a_program_has_its_limits(limit: dict[str, int], command: str) -> None:
    configure(**limit)
    order(f"|{command} && exit 0; exit 75\n")
    deliver()
    assert left().state == "queued"


def test_a_shell_that_is_not_there_puts_mail_off() -> None:
    configure(shell="/no/such/shell")
    order("|true\n")
    deliver()
    assert left().state == "queued"


def test_programs_that_the_lease_has_no_time_for_are_for_the_next_one() -> None:
    order("|touch ran\n")
    submit(BOB)
    attempt.run_due("local")
    [lease] = scheduler.claim("instructions")
    claim = leases.start(lease, now=time.time(), until=time.time() + 12)
    assert claim is not None
    [outcome] = InstructionsTransport().deliver(claim)
    assert (outcome.action, outcome.transport) == ("moved", "instructions")
    resolve(lease, [outcome], snapshot().queue, last=True)
    assert (left().state, left().attempts) == ("queued", 0)
    attempt_all()
    assert (account().home / "ran").exists()
    assert not Recipient.objects.exists()


def test_a_slow_program_keeps_nobody_else_waiting() -> None:
    order("|touch ran\n")
    deliver_nothing_but_local(BOB, "eve@example.test")
    assert len(inbox("eve@example.test")) == 1
    assert (left().transport, left().host, left().attempts) == ("instructions", BOB, 0)
    assert not (account().home / "ran").exists()


def deliver_nothing_but_local(*to: str) -> None:
    submit(*to)
    _, lanes = attempt.run_due("local")
    assert lanes == {"instructions"}


def test_mail_that_is_put_on_hold_meanwhile_is_held_where_it_goes() -> None:
    order("|touch ran\n")
    number = submit(BOB)
    now = time.time()
    claim = leases.claim_any("local", now=now, until=now + 100, limit=10, slots=1)
    assert claim is not None
    control.hold([number])
    outcomes = list(LocalTransport().deliver(claim))
    assert resolve(claim.lease, outcomes, snapshot().queue, last=True) == {"instructions"}
    assert (left().state, left().transport) == ("held", "instructions")
    control.release([number])
    attempt_all()
    assert (account().home / "ran").exists()


def test_mail_that_waits_for_instructions_that_went_is_delivered() -> None:
    file = order("|exit 75\n")
    deliver()
    assert left().transport == "instructions"
    file.unlink()
    try_again()
    assert len(inbox()) == 1
    assert not Recipient.objects.exists()


def test_mail_for_an_account_that_went_fails_there_too() -> None:
    order("|touch ran\n")
    deliver_nothing_but_local(BOB)
    Account.objects.filter(address=BOB).delete()
    directory.forget()
    attempt_all()
    assert (left().state, left().status) == ("report", "5.1.1")


def test_one_accounts_mail_is_in_one_place_at_a_time() -> None:
    order("|true\n")
    order("|true\n", address="eve@example.test")
    for _ in range(3):
        deliver_nothing_but_local(BOB, "eve@example.test")
    assert len(scheduler.claim("instructions")) == 2
    assert scheduler.claim("instructions") == []


# What it prints may be instructions.


def test_what_a_program_prints_is_carried_out() -> None:
    order("||echo noise >&2; echo ./first; echo '|touch second'\n./third\n")
    deliver()
    names = {each.name for each in account().home.iterdir()}
    assert {"first", "second", "third"} <= names
    assert not Recipient.objects.exists()


def test_exit_99_carries_out_what_was_printed_and_stops() -> None:
    order("||echo ./first; exit 99\n./second\n")
    deliver()
    assert (account().home / "first").exists()
    assert not (account().home / "second").exists()


def test_nothing_printed_goes_on() -> None:
    order("||true\n./box\n")
    deliver()
    assert (account().home / "box").exists()


def test_a_program_that_fails_has_printed_no_instructions() -> None:
    order("||echo ./first; exit 67\n")
    deliver()
    assert left().status == "5.1.1"
    assert not (account().home / "first").exists()


@pytest.mark.parametrize(("depth", "state"), [(3, None), (4, "report")])
def test_printed_instructions_may_print_three_deep(depth: int, state: str | None) -> None:
    command = "./deep"
    for level in range(depth):
        order(command + "\n", f"level{level}")
        command = f"||cat .courier-level{level}"
    order(command + "\n")
    deliver()
    assert Recipient.objects.values_list("state", flat=True).first() == state
    assert (account().home / "deep").exists() == (state is None)


def test_too_many_printed_instructions_are_not_half_followed() -> None:
    order("||yes ./box | head -n 2000\n")
    deliver()
    assert left().state == "queued"
    assert not (account().home / "box").exists()


def test_dynamic_instructions_can_be_switched_off() -> None:
    configure(dynamic=False)
    order("||echo ./box\n")
    deliver()
    assert (left().status, left().reply) == ("5.1.1", f"User <{BOB}> unknown")


def test_mail_in_one_batch_keeps_its_order_for_an_account() -> None:
    order("|sed -n 's/^Subject: //p' >>subjects\n")
    for number in range(5):
        submit(BOB, content=MESSAGE.replace(b"hi", b"%d" % number))
    attempt_all()
    assert (account().home / "subjects").read_text().split() == ["0", "1", "2", "3", "4"]
