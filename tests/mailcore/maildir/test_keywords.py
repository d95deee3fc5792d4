"""Keywords that other servers left."""

from pathlib import Path

from mailcore.maildir import keywords


def test_courier_replacements_win_over_the_list(tmp_path: Path) -> None:
    directory = tmp_path / "courierimapkeywords"
    directory.mkdir()
    (directory / ":list").write_text("Junk\n$Label1\n\n1.a.host:0 1\n2.b.host:1\n3.c.host:9\n")
    (directory / "2.b.host").write_text("Green\nBlue\n")
    (directory / ".5.1.a.host").write_text("Old\n")
    (directory / ".6.1.a.host").write_text("Newer\n")
    (directory / "4.d.host").write_text("")
    assert keywords.read(tmp_path, []) == {
        "1.a.host": frozenset({"Newer"}), "2.b.host": frozenset({"Green", "Blue"}),
    }  # fmt: skip


def test_dovecot_letters_are_keywords(tmp_path: Path) -> None:
    (tmp_path / "dovecot-keywords").write_text("0 $Forwarded\n1 Junk\nx\n")
    assert keywords.read(tmp_path, ["1.a.host:2,Sab", "2.b.host:2,S"]) == {
        "1.a.host": frozenset({"$Forwarded", "Junk"})
    }


def test_nothing_there_is_nothing_found(tmp_path: Path) -> None:
    assert keywords.read(tmp_path, ["1.a.host:2,a"]) == {}
