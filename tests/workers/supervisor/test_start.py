"""Starting: what is wrong is said in one line that says what to do."""

import socket
import stat
from pathlib import Path

import pytest

from tests.support.stack import Stack
from workers.supervisor import certificate


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    stack = Stack(tmp_path_factory.mktemp("start") / "var")
    stack.setup()
    return stack


def test_the_demo_passwords_are_for_their_owner_alone(ready: Stack) -> None:
    file = ready.home / "demo-passwords"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(ready.passwords) == {"alice@example.test", "bob@example.test", "admin@example.test"}


def test_setting_up_again_changes_nothing_and_prints_no_password(ready: Stack) -> None:
    before = (ready.home / "demo-passwords").read_text()
    key = (ready.home / "tls/server.key").read_bytes()
    assert "password" not in ready.manage("setup", "--demo")
    assert (ready.home / "demo-passwords").read_text() == before
    assert (ready.home / "tls/server.key").read_bytes() == key


def test_a_port_in_use_is_named_with_the_way_out(ready: Stack) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", ready.ports["imap"]))
        taken.listen()
        said = ready.manage("up", check=False)
    assert "set COURIER_PORT_IMAP to another port" in said
    assert "Traceback" not in said


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("not a directory")
    said = Stack(file / "var").manage("up", check=False)
    assert "set COURIER_HOME" in said
    assert "Traceback" not in said


def test_a_database_without_tables_is_told_apart_from_a_good_one(tmp_path: Path) -> None:
    said = Stack(tmp_path / "var").manage("up", check=False)
    assert "run `manage.py setup`" in said
    assert "Traceback" not in said


def test_a_half_migrated_database_is_told(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var")
    stack.setup()
    stack.manage("migrate", "accounts", "zero", "--fake")
    assert "run `manage.py setup`" in stack.manage("up", check=False)


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var")
    stack.setup()
    stack.manage("shell", "-c", "from django.db.migrations.recorder import MigrationRecorder as R;"
                 "from django.db import connection; R(connection).record_applied('accounts','0999_x')")  # fmt: skip
    assert "newer version" in stack.manage("up", check=False)


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    url = "postgresql://courier@/none?host=/nonexistent"
    said = Stack(tmp_path / "var", {"COURIER_DATABASE_URL": url}).manage("up", check=False)
    assert "check COURIER_DATABASE_URL" in said
    assert "Traceback" not in said


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    files = tmp_path / "server.crt", tmp_path / "server.key"
    assert certificate.ensure(*files, "mail.example.test")
    assert not certificate.ensure(*files, "mail.example.test")
    assert stat.S_IMODE(files[1].stat().st_mode) == 0o600
