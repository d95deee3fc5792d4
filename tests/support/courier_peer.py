"""A real Courier (Debian's) in a root, a mount and a process namespace of its own.

It needs root, as Courier does.  far.test is its own domain, with an account for each name in
`accounts`; what it takes for `relayed` it hands on.  Whoever connects from this machine may relay.
"""

import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support import courier_root
from tests.support.ports import free_ports

_BOX = 121  # who owns the mailboxes
_BOUND = ("etc", "var/lib/courier", "run", "home", "dev", "tmp")
_START = """\
set -e
mount --bind {root} {home}/root
for each in {bound}; do mount --bind {home}/own/$each {home}/root/$each; done
mount -t proc proc {home}/root/proc
exec env -i PATH=/usr/sbin:/usr/bin chroot {home}/root /bin/sh /etc/start
"""
_DAEMONS = """\
makeuserdb && makesmtpaccess && makealiases && makeacceptmailfor
authdaemond start
courierfilter start
courier start
esmtpd start
while :; do sleep 3600; done
"""


class CourierPeer:
    """`relayed` is domain → where to as `esmtproutes` has it; the rest are lines of its files."""

    def __init__(
        self,
        *,
        relayed: Mapping[str, str],
        accounts: tuple[str, ...] = ("ann",),
        esmtpd: Mapping[str, str] | None = None,
        courierd: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        [self.port] = free_ports(1)
        # Not below pytest's directory: the accounts must reach their homes.
        self.home = Path(tempfile.mkdtemp(prefix="courier-peer-"))
        self.home.chmod(0o755)
        self.log: list[str] = []
        try:
            self._lay_out(relayed, accounts, esmtpd or {}, courierd or {}, files or {})
            self._start()
        except BaseException:
            self.stop()
            raise

    def mails(self, account: str = "ann") -> list[bytes]:
        """What has come for an account."""
        folder = self.home / "own/home" / account / "Maildir/new"
        return [file.read_bytes() for file in folder.iterdir()] if folder.is_dir() else []

    def send(self, sender: str, to: str, message: bytes, *parameters: str) -> None:
        """Mail for elsewhere, by SMTP, with parameters for MAIL."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.sendmail(sender, [to], message, mail_options=parameters)

    @property
    def said(self) -> list[str]:
        """The commands that clients gave it."""
        return [line.partition("courieresmtpd: ")[2] for line in self.log if "esmtpd: " in line]

    def outcome(self, to: str) -> str:
        """The last reply its client got about a recipient elsewhere."""
        told = [line.partition(f"addr=<{to}>: ")[2] for line in self.log if "esmtp: " in line]
        return next(filter(None, reversed(told)), "")

    def wait_for(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Until `condition`; on failure the log is shown."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise AssertionError("\n".join(self.log[-60:]) or "no log")
            time.sleep(0.05)

    def wait_for_mail(self, needle: bytes, account: str = "ann") -> bytes:
        """The first message of an account that contains `needle`."""
        self.wait_for(lambda: any(needle in mail for mail in self.mails(account)))
        return next(mail for mail in self.mails(account) if needle in mail)

    def stop(self) -> None:
        if hasattr(self, "_process"):
            self._process.kill()  # ends everything in its namespace, mounts too
            self._process.wait(30)
        if hasattr(self, "_syslog"):
            self._syslog.shutdown(socket.SHUT_RDWR)
            self._syslog.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def _lay_out(
        self,
        relayed: Mapping[str, str],
        accounts: tuple[str, ...],
        esmtpd: Mapping[str, str],
        courierd: Mapping[str, str],
        files: Mapping[str, str],
    ) -> None:
        self._root = courier_root.root()
        own = self.home / "own"
        (self.home / "root").mkdir()
        for name in _BOUND:
            (own / name).mkdir(parents=True)
        _copy(self._root / "etc", own / "etc")
        _copy(self._root / "var/lib/courier", own / "var/lib/courier")
        (own / "tmp").chmod(0o1777)
        for folder in ("run/courier", "run/courier/authdaemon"):
            (own / folder).mkdir()
            os.chown(own / folder, courier_root.COURIER, courier_root.COURIER)
        for device in ("null", "zero", "random", "urandom"):
            here = Path("/dev", device).stat()
            os.mknod(own / "dev" / device, here.st_mode, here.st_rdev)
            (own / "dev" / device).chmod(0o666)
        self._listen_to_the_log(own / "dev/log")
        etc = own / "etc/courier"
        for file, values in (
            ("esmtpd", {**_ESMTPD, "PORT": str(self.port), **esmtpd}),
            ("courierd", {**_COURIERD, **courierd}),
            ("authdaemonrc", {"authmodulelist": "authuserdb", "daemons": "1"}),
        ):
            lines = "".join(f'\n{name}="{value}"' for name, value in values.items())
            with (etc / file).open("a") as config:
                config.write(lines + "\n")
        routes = "".join(f"{domain}:{where}\n" for domain, where in relayed.items())
        for name, text in {
            "me": "courier.far.test\n",
            "locals": "far.test\n",
            "defaultdomain": "far.test\n",
            "dsnfrom": '"Courier" <postmaster@far.test>\n',
            "esmtpacceptmailfor.dir/far": "far.test\n",
            "esmtproutes": routes,
            "aliases/system": "postmaster: ann\n",
            "userdb": "".join(map(self._account, accounts)),
            "esmtpdelay": "0\n",  # or a refusal makes the whole host wait
            "enablefiltering": "esmtp local\n",
            **files,
        }.items():
            (etc / name).write_text(text)
            if name in files:
                (etc / name).chmod(0o755 if text.startswith("#!") else 0o640)
                os.chown(etc / name, 0, courier_root.COURIER)
        (etc / "userdb").chmod(0o600)
        (own / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        (own / "etc/start").write_text(_DAEMONS)

    def _account(self, name: str) -> str:
        """A line of userdb, and the home it speaks of."""
        home = self.home / "own/home" / name
        for folder in ("", "Maildir", "Maildir/new", "Maildir/cur", "Maildir/tmp"):
            (home / folder).mkdir()
            os.chown(home / folder, _BOX, _BOX)
        fields = [
            f"home=/home/{name}", f"mail=/home/{name}/Maildir", f"uid={_BOX}", f"gid={_BOX}",
        ]  # fmt: skip
        return f"{name}\t" + "|".join(fields) + "\n"

    def put(self, account: str, name: str, text: str, mode: int = 0o600) -> None:
        """A file in an account's home, such as `.courier`."""
        file = self.home / "own/home" / account / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        for each in (file, file.parent):
            os.chown(each, _BOX, _BOX)

    def _listen_to_the_log(self, place: Path) -> None:
        self._syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._syslog.bind(str(place))
        place.chmod(0o666)
        threading.Thread(target=self._keep_log, daemon=True).start()

    def _keep_log(self) -> None:
        while line := self._syslog.recv(8192):
            self.log.append(line.decode(errors="replace"))

    def _start(self) -> None:
        script = _START.format(root=self._root, home=self.home, bound=" ".join(_BOUND))
        with (self.home / "out").open("wb") as out:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self.wait_for(self._answers)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError((self.home / "out").read_text())
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                return probe.recv(100).startswith(b"220 ")
        except OSError:
            return False


_ESMTPD = {
    "ADDRESS": "127.0.0.1",
    "BOFHCHECKDNS": "0",
    "TARPIT": "0",
    "ESMTP_LOG_DIALOG": "1",
    "MAXPERC": "40",
    "MAXPERIP": "40",
    "TCPDOPTS": "-stderrlogger=/usr/sbin/courierlogger -noidentlookup -nodnslookup",
}
_COURIERD = {
    "ESMTP_BLOCKBACKSCATTER": "",  # or nobody hears of failures
    "TLS_TRUSTCERTS": "",  # or MTA-STS is asked for, of a DNS that is not there
}


def _copy(source: Path, target: Path) -> None:
    """With owners and modes, which shutil does not keep."""
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)
