"""Mail from and into mbox files and Maildirs."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import ConfigError
from mailcore.mailbox.store import MailStore, nobody
from mailcore.migration.mail.letters import Letter, Source, Target
from mailcore.migration.mail.maildirs import MaildirSource, MaildirTarget
from mailcore.migration.mail.mbox import MboxSource, MboxTarget
from mailcore.migration.mail.own import OwnTarget
from tests.support.moving import DATE, contents, into, out_of, run


def test_an_mbox_brings_all_back_as_it_was(filled: Path, tmp_path: Path) -> None:
    assert out_of(filled, MboxTarget(tmp_path / "out")).brought == 3
    assert into(tmp_path / "back", MboxSource(tmp_path / "out", "INBOX")).brought == 3
    assert contents(tmp_path / "back") == contents(filled)


def test_a_maildir_brings_all_back_as_it_was(filled: Path, tmp_path: Path) -> None:
    assert out_of(filled, MaildirTarget(tmp_path / "out")).brought == 3
    assert into(tmp_path / "back", MaildirSource(tmp_path / "out")).brought == 3
    assert contents(tmp_path / "back") == contents(filled)
    with MailStore(tmp_path / "back") as store:
        assert "INBOX.Büro.Alt" in store.subscribed()


def test_pythons_mbox_reads_what_we_write(filled: Path, tmp_path: Path) -> None:
    out_of(filled, MboxTarget(tmp_path / "out"))
    found = list(mailbox.mbox(tmp_path / "out" / "INBOX.mbox"))
    assert [message["Subject"] for message in found] == ["one", "two"]
    assert found[0].get_flags() == "ROF"


def test_what_python_writes_is_read(tmp_path: Path) -> None:
    made = mailbox.mbox(tmp_path / "theirs")
    message = mailbox.mboxMessage(b"Subject: theirs\n\nFrom me\n")
    message.set_from("noor@x.example", (2023, 11, 14, 22, 13, 20, 0, 0, 0))
    message.set_flags("RA")
    made.add(message)
    made.close()
    into(tmp_path / "here", MboxSource(tmp_path / "theirs", "INBOX.Old"))
    [(folder, data, flags, date)] = contents(tmp_path / "here")
    assert folder == "INBOX.Old"
    assert data == b"Subject: theirs\r\n\r\nFrom me\r\n"
    assert flags == {"\\Seen", "\\Answered"}
    assert date == DATE


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
def test_done_again_nothing_comes_twice(filled: Path, tmp_path: Path, kind: str) -> None:
    def target() -> Target:
        out = tmp_path / "out"
        return MboxTarget(out) if kind == "mbox" else MaildirTarget(out)

    def source() -> Source:
        out = tmp_path / "out"
        return MboxSource(out, "INBOX") if kind == "mbox" else MaildirSource(out)

    out_of(filled, target())
    again = out_of(filled, target())
    assert (again.brought, again.known) == (0, 3)
    into(tmp_path / "back", source())
    again = into(tmp_path / "back", source())
    assert (again.brought, again.known) == (0, 3)
    assert len(contents(tmp_path / "back")) == 3


class _Breaks:
    """A target that fails at the second message."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.begin, self.has, self.finish = target.begin, target.has, target.finish
        self.subscribe = target.subscribe

    def put(self, letters: Iterator[tuple[Letter, bytes]]) -> None:
        self.target.put(list(letters)[:1])
        raise OSError("pulled the plug")


def test_broken_off_it_goes_on_where_it_was(filled: Path, tmp_path: Path) -> None:
    out_of(filled, MaildirTarget(tmp_path / "out"))
    into_broken = OwnTarget(tmp_path / "back", nobody)
    with pytest.raises(OSError, match="plug"):
        run(MaildirSource(tmp_path / "out"), _Breaks(into_broken))  # type: ignore[arg-type]
    into_broken.close()
    went_on = into(tmp_path / "back", MaildirSource(tmp_path / "out"))
    assert (went_on.brought, went_on.known) == (2, 1)
    assert contents(tmp_path / "back") == contents(filled)


def test_what_is_too_large_is_named_and_left(filled: Path, tmp_path: Path) -> None:
    out_of(filled, MaildirTarget(tmp_path / "out"))
    tally = into(tmp_path / "back", MaildirSource(tmp_path / "out"), largest=20)
    assert tally.brought == 0
    assert len(tally.skipped) == 3


def test_what_is_no_mbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04 not mail")
    with pytest.raises(ConfigError, match="no mbox"):
        into(tmp_path / "back", MboxSource(tmp_path / "x", "INBOX"))
    with pytest.raises(ConfigError, match="no Maildir"):
        MaildirSource(tmp_path)


def test_links_in_a_maildir_are_not_followed(filled: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"Subject: secret\n\n")
    (filled / "cur" / "1.link:2,").symlink_to(secret)
    tally = into(tmp_path / "back", MaildirSource(filled))
    assert all(b"secret" not in data for _, data, _, _ in contents(tmp_path / "back"))
    assert tally.brought == 3


_HEADER = st.from_regex(rb"\A[A-Za-z-]{1,10}: [ -~]{0,30}\Z")
_LINE = st.one_of(
    st.from_regex(rb"\A>{0,3}From [ -~]{0,20}\Z"), st.from_regex(rb"\A[ -~\x80-\xff]{0,30}\Z")
)


@given(
    st.lists(
        st.tuples(st.lists(_HEADER, min_size=1, max_size=4), st.lists(_LINE, max_size=8)),
        max_size=5,
    )
)
def test_property_messages_pass_through_an_mbox_unchanged(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[list[bytes], list[bytes]]]
) -> None:
    home = tmp_path_factory.mktemp("mbox")
    ours = (b"status", b"x-status", b"x-keyword", b"x-keywords", b"x-uid", b"x-imap")
    messages = [
        b"".join(
            [*(b"X" + line + b"\n" for line in head if line.split(b":")[0].lower() not in ours)]
            + [b"Subject: x\n\n"] + [line + b"\n" for line in body]
        )
        for head, body in made
    ]  # fmt: skip
    target = MboxTarget(home)
    target.begin("INBOX")
    target.put((Letter("", frozenset(), DATE, 0, ""), one) for one in messages)
    target.finish()
    source = MboxSource(home, "INBOX")
    source.open("INBOX")
    letters = list(source.letters())
    assert [data for _, data in source.load(letters)] == messages
    assert len({letter.token for letter in letters}) == len(messages)
    source.close()


@given(st.binary(max_size=300))
def test_property_any_file_is_an_mbox_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("mbox") / "x"
    file.write_bytes(b"From " + data)
    source = MboxSource(file, "INBOX")
    assert source.open("INBOX") >= 1
    assert len(list(source.load(list(source.letters())))) >= 1
    source.close()
