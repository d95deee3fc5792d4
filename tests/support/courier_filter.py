"""A real global filter of Debian's Courier: its perlfilter, with the rate limiter it comes with.

It runs in the root of `courier_root`, in a mount and a process namespace of its own, as root; the
machine's /tmp is its own too, so that it finds messages where it is told they are.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support import courier_root

_START = """\
set -e
mount --bind {root} {home}/root
for each in etc var/lib/courier; do mount --bind {home}/own/$each {home}/root/$each; done
mount --bind /tmp {home}/root/tmp
exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C sysconfdir=/etc/courier chroot {home}/root \
    /bin/sh -c 'exec /usr/lib/courier/filters/perlfilter 3>/dev/null'
"""
_SCRIPT = "/usr/lib/courier/perlfilter-ratelimit.pl"


class CourierFilter:
    """perlfilter at `socket`, letting each peer send `limit` messages an hour."""

    def __init__(self, limit: int) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="courier-filter-"))
        own, root = self._home / "own", courier_root.root()
        (self._home / "root").mkdir()
        for name in ("etc", "var/lib/courier"):
            shutil.copytree(root / name, own / name, symlinks=True)
        settings = own / "etc/courier/filters"
        (settings / "perlfilter").write_text(_SCRIPT + "\n")
        (settings / "perlfilter-mode").write_text("all\n")
        (settings / "perlfilter-numprocs").write_text("1\n")
        (settings / "perlfilter-ratelimit").write_text(
            f"LIMIT={limit}\nCOUNT=m\nEXTERNAL=1\nEXCLUDE=nobody\n"
        )
        self.socket = own / "var/lib/courier/allfilters/perlfilter"
        self._log = self._home / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                 _START.format(root=root, home=self._home)],
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + 30
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(self._log.read_text() if self._log.exists() else "no log")
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.kill()  # ends everything in its namespace, mounts too
        self._process.wait(30)
        if os.path.ismount(self._home / "root"):  # not while a mount could lead out of it
            raise RuntimeError(f"{self._home} is still mounted")
        shutil.rmtree(self._home, ignore_errors=True)
