"""Delivery instructions from the command line."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailcore.accounts import administration
from mailcore.conf import current
from tests.support.homes import account, allow_programs, order, people

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
BOB = "bob@example.test"


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*arguments: str, stdin: bytes = b"") -> str:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out = io.StringIO()
        call_command("dotcourier", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_what_is_set_is_shown_and_its_owners_alone(run: Any) -> None:
    run("set", BOB, stdin=b"# mine\n./Maildir\n&ann@far.test\n")
    file = account().home / ".courier"
    assert (file.stat().st_mode & 0o777, account().home.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run("show", BOB) == "# mine\n./Maildir\n&ann@far.test\n"
    assert (account().home / "Maildir").resolve() == account().maildir.resolve()
    assert [each.name for each in account().home.iterdir() if "new" in each.name] == []


def test_an_extension_has_a_file_of_its_own(run: Any) -> None:
    run("set", "bob+shop@example.test", stdin=b"./shop\n")
    run("set", "bob+list+default@example.test", stdin=b"./lists\n")
    assert run("show", "bob+list+x@example.test") == "./lists\n"
    run("remove", "bob+shop@example.test")
    with pytest.raises(CommandError, match="no file speaks"):
        run("show", "bob+shop@example.test")
    with pytest.raises(CommandError, match=r"has no \.courier-shop"):
        run("remove", "bob+shop@example.test")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"./ok\n|\n", r"\.courier: line 2: no command"),
        (b"./ok\n\n/etc/passwd\n", r"line 3: .*not this account's"),
        (b"\xff\n", "line 1: not UTF-8"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_nothing_changes(
    run: Any, text: bytes, why: str
) -> None:
    order("./before\n")
    with pytest.raises(CommandError, match=why):
        run("set", BOB, stdin=text)
    assert (account().home / ".courier").read_bytes() == b"./before\n"


def test_check_says_what_each_line_will_do_and_what_stands_against_it(run: Any) -> None:
    order("./Maildir/.Work\n./old\n&ann\n|cat\n||list\n/dev/null\n../eve\n")
    rows = json.loads(run("check", BOB, "--json"))
    assert [(row["line"], row["does"]) for row in rows] == [
        (1, "put into the folder INBOX.Work"),
        (2, "put into the mbox file ./old"),
        (3, "forward to ann@example.test"),
        (4, "run cat"),
        (5, "run list and do what it prints"),
        (6, "throw away"),
        (7, "put into ../eve"),
    ]
    assert [row["line"] for row in rows if row["problem"]] == [4, 5, 7]
    allow_programs()
    rows = json.loads(run("check", BOB, "--json"))
    assert [row["line"] for row in rows if row["problem"]] == [7]


def test_check_reads_standard_input_and_changes_nothing(run: Any) -> None:
    assert "forward to x@far.test" in run("check", BOB, "-", stdin=b"x@far.test\n")
    assert not (account().home / ".courier").exists()


def test_an_address_that_is_no_account_has_no_instructions(run: Any) -> None:
    administration.set_alias("all@example.test", [BOB, "eve@example.test"], by="test")
    current.refresh()
    for address in ("nobody@example.test", "all@example.test", "x@far.test", "@@"):
        with pytest.raises(CommandError, match=r"reaches no account|not a mail address"):
            run("show", address)
    with pytest.raises(CommandError, match="no file can be named"):
        run("set", f"bob+{'x' * 300}@example.test", stdin=b"./x\n")
