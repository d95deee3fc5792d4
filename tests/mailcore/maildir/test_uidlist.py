"""UID lists of Courier and Dovecot."""

from pathlib import Path

import pytest

from mailcore.maildir import folders, uidlist
from mailcore.maildir.uidlist import UidList


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    folders.make(tmp_path, folder=False)
    uidlist.write(tmp_path, 1234, 90, [(5, "1.a.host,S=1"), (7, "2.b.host")])
    assert uidlist.read(tmp_path) == UidList(1234, 90, {"1.a.host,S=1": 5, "2.b.host": 7})


def test_dovecots_list_is_understood(tmp_path: Path) -> None:
    (tmp_path / "dovecot-uidlist").write_text(
        "3 V1275660208 N25022 G3085f01b\n25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,\n"
        "25017 W2481 :1276533073.M242911P3632.kurkku:2,F\n"
    )
    assert uidlist.read(tmp_path) == UidList(
        1275660208, 25022,
        {"1276528487.M364837P9451.kurkku,S=1355,W=1394": 25006, "1276533073.M242911P3632.kurkku": 25017},
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "2 1 1\n", "1 x 2\n", "1 0 5\n", "1 5 5\nno number\n", "1 5 5\n1 a\n1 b\n",
     "1 5 5\n99999999999 a\n"],
)  # fmt: skip
def test_a_broken_list_is_no_list(tmp_path: Path, text: str) -> None:
    (tmp_path / "courierimapuiddb").write_text(text)
    assert uidlist.read(tmp_path) is None


def test_the_next_uid_is_above_all_others(tmp_path: Path) -> None:
    (tmp_path / "courierimapuiddb").write_text("1 7 2\n40 a\n")
    found = uidlist.read(tmp_path)
    assert found is not None
    assert found.uidnext == 41


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("1 7 2\n1 a\n")
    (tmp_path / "courierimapuiddb").symlink_to(tmp_path / "elsewhere")
    assert uidlist.read(tmp_path) is None
