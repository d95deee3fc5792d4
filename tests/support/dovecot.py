"""Dovecot (Debian's 2.3) with one user's Maildir, on a loopback port of its own."""

import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_ports

PROGRAM = "/usr/sbin/dovecot"
USER, PASSWORD = "alice@example.com", "wonderland"
_CONFIGURATION = """\
base_dir = {base}/run
state_dir = {base}/run/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
first_valid_gid = 0
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{maildir}{options}
mail_fsync = never
maildir_very_dirty_syncs = no
{more}
namespace inbox {{
  inbox = yes
  prefix = INBOX.
  separator = .
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """Serves `maildir` until `stop`; `more` are lines of dovecot.conf."""

    def __init__(self, maildir: Path, *, more: str = "", options: str = "") -> None:
        self.maildir = maildir
        (self.port,) = free_ports(1)
        # Its login process is nobody in particular and must be able to enter.
        self.base = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.base.chmod(0o755)
        maildir.mkdir(parents=True, exist_ok=True)
        root = os.geteuid() == 0
        me = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        if root:
            _give(maildir, me)
        (self.base / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                base=self.base,
                internal="dovecot" if root else me.pw_name,
                login="dovenull" if root else me.pw_name,
                group="dovecot" if root else grp.getgrgid(me.pw_gid).gr_name,
                uid=me.pw_uid,
                gid=me.pw_gid,
                maildir=maildir,
                options=options,
                home=maildir.parent,
                password=PASSWORD,
                port=self.port,
                more=more,
            )
        )
        (self.base / "run").mkdir()
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", self.base / "dovecot.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < until:
            try:
                imaplib.IMAP4("127.0.0.1", self.port).logout()
                return
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.02)
        log = self.base / "log"
        told = log.read_text() if log.exists() else ""
        self.stop()
        raise RuntimeError(f"dovecot did not start: {told}")

    def login(self) -> imaplib.IMAP4:
        """A client that is logged in; log it out."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(USER, PASSWORD)
        return client

    def stop(self) -> None:
        """Returns when all its processes are gone."""
        self._process.terminate()
        self._process.communicate(timeout=30)
        shutil.rmtree(self.base, ignore_errors=True)


def _give(maildir: Path, user: pwd.struct_passwd) -> None:
    """Dovecot serves nobody's mail as root."""
    for path in (maildir, *maildir.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


@contextmanager
def home() -> Iterator[Path]:
    """A directory whose Maildirs another user's Dovecot can reach, unlike tmp_path."""
    made = Path(tempfile.mkdtemp(prefix="mail-home-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def dovecot(maildir: Path, *, more: str = "", options: str = "") -> Iterator[Dovecot]:
    """A Dovecot for the length of a block."""
    serving = Dovecot(maildir, more=more, options=options)
    try:
        yield serving
    finally:
        serving.stop()
