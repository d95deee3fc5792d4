"""sendmail's alias file."""

import shutil
from pathlib import Path

import pytest

from mailcore.conf import current
from mailcore.envelope import Path as Address
from mailcore.errors import ConfigError
from mailcore.migration import apply, read
from mailcore.migration.plan import Plan, Verdict
from mailcore.routing import router
from tests.mailcore.migration.conftest import DATA

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    shutil.copytree(DATA / "sendmail", tmp_path / "etc/mail")
    return read.plan(tmp_path / "etc/mail/aliases", None, tmp_path, "old.test", "Example.com")


def test_names_are_completed_and_lists_read(plan: Plan) -> None:
    assert plan.aliases["bin@example.com"] == ("root@example.com",)
    assert plan.aliases["abuse@example.com"] == ("root@example.com", "desk@elsewhere.test")
    assert plan.aliases["staff@example.com"] == ("alice@example.com", "bob@example.com")
    assert plan.aliases["admin@example.com"] == ("admin@example.com", "admin@backup.test")
    assert set(plan.domains) == {"example.com"}


def test_what_makes_no_sense_here_is_told_with_its_line(plan: Plan) -> None:
    told = {(note.where.line, note.verdict): note.text for note in plan.notes}
    assert told[11, Verdict.MISSING] == "mail is not handed to programs yet"
    assert told[12, Verdict.MISSING] == "mail goes to accounts, not to files"
    assert told[14, Verdict.MISSING] == "aliases lead to addresses only"
    assert told[15, Verdict.UNREAD] == "no name: member, …"
    assert told[9, Verdict.MISSING] == "mail is not handed to programs yet"
    assert "owner" in told[0, Verdict.MISSING]


def test_imported_aliases_then_expand(plan: Plan) -> None:
    apply.apply(plan, summary="Import", by="test")
    assert current.refresh().general.postmaster == "root@example.com"
    found = router.resolve(Address("mailer-daemon", "example.com"))
    assert [str(one.path) for one in found.destinations] == ["admin@backup.test"]


def test_a_path_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no"):
        read.plan(tmp_path / "none", None, tmp_path, "old.test", "")
    with pytest.raises(ConfigError, match="no configuration of sendmail"):
        read.plan(tmp_path, "sendmail", tmp_path, "old.test", "")
