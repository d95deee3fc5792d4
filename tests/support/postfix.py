"""A real Postfix (Debian's) with a configuration, a queue and a port of its own.

It needs root, as Postfix does.  What it takes for far.test is in its Maildir; what it takes for
`relayed` it hands on.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.ports import free_ports

MASTER = "/usr/lib/postfix/sbin/master"
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """`relayed` is domain → port on 127.0.0.1; `more` are lines of main.cf.

    `prepare` may put more into the directory of the configuration, before the start.
    """

    def __init__(
        self,
        *,
        relayed: Mapping[str, int] | None = None,
        tls: tuple[Path, Path] | None = None,
        more: str = "",
        prepare: Callable[[Path], None] | None = None,
    ) -> None:
        [self.port] = free_ports(1)
        # Not below pytest's directory: Postfix's own user must reach it.
        self.home = Path(tempfile.mkdtemp(prefix="courier-postfix-"))
        self.home.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (self.home / name).mkdir()
        for name in ("data", "mail"):
            shutil.chown(self.home / name, "postfix")
        ids = f"uid_maps = static:{own_id()}"
        routes = " ".join(
            f"{{{domain} = relay:[127.0.0.1]:{port}}}" for domain, port in (relayed or {}).items()
        )
        lines = [
            "compatibility_level = 3.6",
            f"queue_directory = {self.home}/queue",
            f"data_directory = {self.home}/data",
            "myhostname = postfix.test",
            "mydestination =",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "mynetworks = 127.0.0.0/8",
            "virtual_mailbox_domains = far.test",
            f"virtual_mailbox_base = {self.home}/mail",
            "virtual_mailbox_maps = static:box/",
            f"virtual_{ids}",
            f"virtual_{ids.replace('uid', 'gid')}",
            "virtual_minimum_uid = 1",
            f"relay_domains = {' '.join(relayed or {})}",
            f"transport_maps = inline:{{ {routes} }}" if routes else "transport_maps =",
            f"maillog_file_prefixes = {self.home}",
            f"maillog_file = {self.home}/log",
            "minimal_backoff_time = 5s",
            "queue_run_delay = 5s",
            more,
        ]
        if tls is not None:
            for role, file in zip(("cert", "key"), tls, strict=True):
                shutil.copy(file, self.home / "etc" / f"{role}.pem")
                lines.append(f"smtpd_tls_{role}_file = {self.home}/etc/{role}.pem")
            lines += ["smtpd_tls_security_level = may", "smtpd_tls_received_header = yes"]
        (self.home / "etc/main.cf").write_text("\n".join(lines) + "\n")
        (self.home / "etc/master.cf").write_text(_SERVICES.format(port=self.port))
        environment = {**os.environ, "MAIL_CONFIG": str(self.home / "etc")}
        try:
            if prepare is not None:
                prepare(self.home / "etc")
            self._start(environment)
        except BaseException:
            shutil.rmtree(self.home, ignore_errors=True)
            raise

    def mails(self) -> list[bytes]:
        """What has come for far.test."""
        folder = self.home / "mail/box/new"
        return [file.read_bytes() for file in folder.iterdir()] if folder.is_dir() else []

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Until `condition`; on failure the log is shown."""
        until = time.monotonic() + 30
        while not condition():
            if time.monotonic() > until:
                log = self.home / "log"
                raise AssertionError(log.read_text()[-3000:] if log.exists() else "no log")
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self, environment: dict[str, str]) -> None:
        checked = subprocess.run(
            ["postfix", "-c", str(self.home / "etc"), "check"],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        assert checked.returncode == 0, checked.stderr
        self._process = subprocess.Popen(
            [MASTER, "-c", str(self.home / "etc"), "-d"], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.wait_for(self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                return probe.recv(100).startswith(b"220 ")
        except OSError:
            return False


def own_id() -> int:
    """The numeric id of Postfix's own user."""
    return pwd.getpwnam("postfix").pw_uid
