"""Debian's Courier in a root directory of its own; with the standard library alone.

    python3 tests/support/courier_root.py

Courier and Postfix exclude each other as packages, so Courier is not installed: apt fetches it and
what it depends on, as if nothing were installed, and the files are unpacked below the user's
cache directory.  Whoever asks first makes the root, everybody else waits and finds it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "courier-tests"
PACKAGES = (
    "courier-mta", "courier-authlib-userdb",
    "bash", "dash", "coreutils", "findutils", "sed", "grep", "mawk", "base-files",
)  # fmt: skip
USERS = """\
root:x:0:0::/root:/bin/sh
daemon:x:1:1::/:/bin/sh
mail:x:8:8::/var/mail:/bin/sh
courier:x:120:120::/var/lib/courier:/bin/sh
box:x:121:121::/home:/bin/sh
nobody:x:65534:65534::/:/bin/sh
"""
GROUPS = (
    "root:x:0:\ntty:x:5:\ndaemon:x:1:\nmail:x:8:\ncourier:x:120:\nbox:x:121:\nnogroup:x:65534:\n"
)
COURIER = 120
# What the packages' own scripts do when they are installed: owner, group, mode.
_OWNED = {
    "etc/courier/shared": (0, COURIER, 0o750),
    "etc/courier/hosteddomains": (0, COURIER, 0o750),
    "etc/courier/esmtpacceptmailfor.dir": (0, COURIER, 0o750),
    "etc/courier/aliasdir": (0, COURIER, 0o750),
    "etc/courier/aliases": (0, COURIER, 0o750),
    "etc/courier/aliases/system": (0, COURIER, 0o640),
    "etc/courier/esmtpauthclient": (0, COURIER, 0o640),
    "etc/courier/filters": (0, COURIER, 0o750),
    "etc/courier/filters/active": (0, COURIER, 0o750),
    "etc/courier/authdaemonrc": (0, COURIER, 0o640),
    "usr/bin/mailq": (COURIER, COURIER, 0o2755),
    "usr/bin/cancelmsg": (COURIER, COURIER, 0o6755),
    "usr/sbin/sendmail": (0, COURIER, 0o2755),
    "usr/lib/courier/courier/submitmkdir": (COURIER, COURIER, 0o4755),
    "var/lib/courier": (COURIER, COURIER, 0o750),
    **{
        f"var/lib/courier/{name}": (COURIER, COURIER, 0o750)
        for name in ("allfilters", "filters", "msgq", "msgs", "track")
    },
    "var/lib/courier/tmp": (COURIER, COURIER, 0o770),
    "var/lib/courier/tmp/broken": (COURIER, COURIER, 0o770),
}
_ALTERNATIVES = ("deliverquota", "maildirmake", "makedat", "lockmail", "preline")


def root() -> Path:
    """The root directory, made when it is not there yet; nobody may write to it."""
    wanted = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    made = CACHE / f"courier-{wanted}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = CACHE / "making"
            shutil.rmtree(making, ignore_errors=True)
            _unpack(_fetch(CACHE / "packages"), making)
            _set_up(making)
            making.rename(made)
            shutil.rmtree(CACHE / "packages")
    return made


def _fetch(folder: Path) -> list[Path]:
    """The packages and all they depend on, checked by apt as ever."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "partial").mkdir(parents=True)
    nothing = folder / "status"
    nothing.write_text("")
    fetch = [
        "apt-get", "-qq", "-y", "--download-only", "--no-install-recommends",
        "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1",
        "-o", f"Dir::State::status={nothing}", "-o", f"Dir::Cache::archives={folder}",
        "install", *PACKAGES,
    ]  # fmt: skip
    if subprocess.call(fetch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        subprocess.call(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "update"])
        subprocess.run(fetch, check=True, stdout=subprocess.DEVNULL)
    return sorted(folder.glob("*.deb"))


def _unpack(packages: list[Path], making: Path) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):
        (making / "usr" / name).mkdir(parents=True, exist_ok=True)
        (making / name).symlink_to(f"usr/{name}")
    for package in packages:
        files = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", str(package)], check=True, capture_output=True
        ).stdout
        unpack = ["tar", "-x", "--numeric-owner", "--keep-directory-symlink", "-C", str(making)]
        unpack += [f"--exclude=./usr/share/{name}" for name in ("doc", "man", "locale", "zoneinfo")]
        subprocess.run(unpack, input=files, check=True)


def _set_up(making: Path) -> None:
    (making / "etc/passwd").write_text(USERS)
    (making / "etc/group").write_text(GROUPS)
    (making / "etc/environment").write_text("")
    (making / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    for name in _ALTERNATIVES:
        (making / "usr/bin" / name).symlink_to(f"{name}.courier")
    (making / "usr/bin/awk").symlink_to("mawk")
    for path, (owner, group, mode) in _OWNED.items():
        os.chown(making / path, owner, group)
        (making / path).chmod(mode)


if __name__ == "__main__":
    try:
        print(root())
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"Courier could not be unpacked: {error}")
