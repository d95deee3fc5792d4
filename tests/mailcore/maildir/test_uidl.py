"""POP3's ids in the lists of other servers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.maildir import uidl

# What the classic server answered to UIDL with this list beside its Maildir.
LIST = """\
/3 7 1600000000
1700000001.M1P1.ho+st'x"y z,S=13:2,S 17 0:0:0
1700000002.M2P1.host,S=13:2, 17 5:0:0
1700000003.M3P1.host,S=13:2, 17 6:1600000000:0
1700000004.M4P1.h%%@~`#$&()*host:2, 17 0:0:0
1700000005.M5P1.ümlaut:2, 17 0:0:1
"""


def test_couriers_three_forms(tmp_path: Path) -> None:
    (tmp_path / uidl.COURIER).write_text(LIST)
    assert uidl.kept(tmp_path) == {
        "1700000001.M1P1.ho+st'x\"y z,S=13": "1700000001.M1P1.ho+2Bst+27x+22y+20z,S=13",
        "1700000002.M2P1.host,S=13": "UID5",
        "1700000003.M3P1.host,S=13": "UID6-1600000000",
        "1700000004.M4P1.h%%@~`#$&()*host": "1700000004.M4P1.h%%@~`#$&()*host",
        "1700000005.M5P1.ümlaut": "1700000005.M5P1.+C3+BCmlaut",
    }


def test_what_dovecot_kept_comes_first(tmp_path: Path) -> None:
    (tmp_path / uidl.COURIER).write_text("/3 2 9\n1.a.h:2,S 17 1:9:0\n2.b.h:2, 17 2:9:0\n")
    (tmp_path / "dovecot-uidlist").write_text("3 V77 N3 Gx\n1 W17 Pkept :1.a.h\n2 W17 :2.b.h\n")
    assert uidl.kept(tmp_path) == {"1.a.h": "kept", "2.b.h": "UID2-9"}


@pytest.mark.parametrize("head", ["", "/1 5 6", "/3", "/3 x 5", "/4 5 6"])
def test_a_list_of_another_kind_says_nothing(tmp_path: Path, head: str) -> None:
    (tmp_path / uidl.COURIER).write_text(f"{head}\n1.a.h:2,S 17 1:9:0\n")
    assert uidl.kept(tmp_path) == {}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(LIST)
    (tmp_path / uidl.COURIER).symlink_to("elsewhere")
    assert uidl.kept(tmp_path) == {}


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_property_any_lists_are_read(
    tmp_path_factory: pytest.TempPathFactory, courier: bytes, dovecot: bytes
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    (folder / uidl.COURIER).write_bytes(b"/3 7 1600000000\n" + courier)
    (folder / "dovecot-uidlist").write_bytes(b"3 V1 N2\n" + dovecot)
    for given_id in uidl.kept(folder).values():
        assert given_id.isascii()
        assert given_id.isprintable()
        assert " " not in given_id
