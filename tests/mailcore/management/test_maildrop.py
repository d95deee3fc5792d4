"""Filters run and edited from the command line."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailcore.accounts import administration
from tests.support.homes import account, inbox, people

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
BOB = "bob@example.test"
MESSAGE = b"Return-Path: <a@far.test>\r\nSubject: hi\r\n\r\nHello\r\n"


@pytest.fixture(autouse=True)
def _people() -> None:
    people("bob", "eve")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs maildrop on MESSAGE: its exit code, what it printed, what it complained of."""

    def run(*arguments: str, stdin: bytes = MESSAGE) -> tuple[object, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("maildrop", *arguments, stdout=out, stderr=err)
        return ended.value.code, out.getvalue(), err.getvalue()

    return run


@pytest.fixture
def edit(monkeypatch: pytest.MonkeyPatch) -> Any:
    def edit(*arguments: str, stdin: bytes = b"") -> str:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out = io.StringIO()
        call_command("mailfilter", *arguments, stdout=out)
        return out.getvalue()

    return edit


def written(tmp_path: Path, source: str) -> str:
    file = tmp_path / "filter"
    file.write_text(source)
    return str(file)


# maildrop


def test_without_an_account_nothing_is_done_but_told(run: Any, tmp_path: Path) -> None:
    source = (
        'echo "$1 $FROM"\ncc "!x@far.test"\nX=`rm -rf /`\nif (/^subject: hi/)\n to "./Maildir/.A"\n'
    )
    assert run(written(tmp_path, source), "one") == (
        0,
        "one a@far.test\n",
        "deliver to: !x@far.test\nrun: rm -rf /\ndeliver to: ./Maildir/.A\n",
    )


def test_everything_that_would_be_done_is_told(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLOUR", "blue")
    (tmp_path / "words").write_text("hi\n")
    (tmp_path / "more").write_text('logfile "log"\nlog "a line"\n')
    source = """
import COLOUR
include "more"
xfilter "tidy"
flock "lock" {
  system "touch x"
}
if (lookup("hi", "words") && gdbmopen("keys", "N") eq "-1" && time > 0 && "x" !~ "y")
  to "|prog"
"""
    wrong = run(written(tmp_path, source))
    assert wrong[0] == 75
    code, said, told = run(written(tmp_path, source.replace(' && "x" !~ "y"', "") + "echo (/(/)\n"))
    assert (code, said) == (0, "")
    assert told.splitlines() == [
        "log to: log", "log: a line", "filter through: tidy", "flock: lock", "run: touch x", "deliver to: |prog",
    ]  # fmt: skip
    code, said, told = run(written(tmp_path, "echo (/(/)\n"))
    assert (code, said) == (0, "0\n")
    assert told.splitlines() == ["pattern /(/: missing ): (", "deliver to: ./Maildir"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["filter", "more", "words"]


def test_with_an_account_it_is_delivered_by_the_file_or_the_accounts_own(
    run: Any, edit: Any, tmp_path: Path
) -> None:
    assert run("-d", BOB)[0] == 0
    assert run("-d", BOB, written(tmp_path, 'to "./Maildir/.$1"\n'), "One")[0] == 0
    edit("set", BOB, stdin=b'if (/^X-Mark: 1/)\n to "./Maildir/.Own"\n')
    assert run("-d", BOB, "-A", "X-Mark: 1", "-f", "z@far.test")[0] == 0
    assert [len(inbox(folder=name)) for name in ("", ".One", ".Own")] == [1, 1, 1]
    [kept] = inbox(folder=".Own")
    assert kept.startswith(
        b"Return-Path: <z@far.test>\nDelivered-To: bob@example.test\nX-Mark: 1\n"
    )


def test_its_exit_code_is_the_filters(run: Any, tmp_path: Path) -> None:
    assert run(written(tmp_path, "EXITCODE=77\nexit\n"))[0] == 77
    code, _, complaint = run(written(tmp_path, "X=\n"))
    assert code == 75
    assert "line 1, column 3" in complaint
    assert run("-d", BOB, written(tmp_path, 'to "/etc/passwd"\n'))[0] == 75
    assert run()[0] == 64


def test_a_filter_that_judges_says_its_words(run: Any, edit: Any, tmp_path: Path) -> None:
    source = (
        'if ($3 eq "a@far.test")\n{\n echo "550 No."\n EXITCODE=1\n exit\n}\nEXITCODE=99\nexit\n'
    )
    assert run("-m", written(tmp_path, source), "host", "192.0.2.1", "a@far.test") == (
        1,
        "550 No.\n",
        "",
    )
    edit("set", BOB, "--name", "rcptfilter-default", stdin=source.encode())
    assert run("-d", BOB, "-M", "rcptfilter-shop-x")[0] == 99
    assert run("-d", BOB, "-M", "smtpfilter")[0] == 0
    assert run("-m", written(tmp_path, 'to "./Maildir"\n'))[0] == 75
    assert not inbox()


# mailfilter


def test_what_is_set_is_shown_and_its_owners_alone(edit: Any) -> None:
    edit("set", BOB, stdin=b"X=1\n")
    edit("set", BOB, "--name", "rcptfilter", stdin=b"exit\n")
    home = account().home
    assert edit("show", BOB) == "X=1\n"
    assert edit("show", BOB, "--name", "rcptfilter") == "exit\n"
    modes = [each.stat().st_mode & 0o777 for each in (home / ".mailfilter", home / ".mailfilters")]
    assert modes == [0o600, 0o700]
    edit("remove", BOB)
    with pytest.raises(CommandError, match=r"has no \.mailfilter"):
        edit("show", BOB)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (b"X=1\nif (1) {\n", "line 2, column 8"),
        (b"if (1)\n{\n  while (!(2 + length(/(?=x)/)))\n   X=1\n}\n", "line 3: pattern"),
        (b"foreach (a) =~ /(/\n X=1\n", "line 1: pattern"),
        (b"exception {\n  X=(a =~ /b/ && /[/)\n}\n", "line 2: pattern"),
    ],
)
def test_a_filter_with_a_mistake_is_not_put_in_place(edit: Any, source: bytes, place: str) -> None:
    edit("set", BOB, stdin=b"X=1\n")
    for attempt in (("set", BOB), ("check",)):
        with pytest.raises(CommandError, match=place):
            edit(*attempt, stdin=source)
    assert edit("show", BOB) == "X=1\n"


def test_a_filter_without_mistakes_is_said_to_have_none(edit: Any, tmp_path: Path) -> None:
    assert edit("check", stdin=b"if (/^X-$Y(/)\n exit\n") == "Nothing is wrong with it.\n"
    assert edit("check", written(tmp_path, "exit\n")) == "Nothing is wrong with it.\n"


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "a.b", "x" * 201])
def test_a_name_that_leads_elsewhere_is_none(edit: Any, name: str) -> None:
    with pytest.raises(CommandError, match="is no name for a filter"):
        edit("set", BOB, "--name", name, stdin=b"exit\n")


def test_who_is_no_account_has_no_filter(edit: Any) -> None:
    administration.set_alias("both@example.test", [BOB, "eve@example.test"], by="test")
    for address in ("nobody@example.test", "both@example.test", "not an address"):
        with pytest.raises(CommandError):
            edit("show", address)
