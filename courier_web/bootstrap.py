"""Make the virtual environment, with the standard library alone; `make run` begins here.

    python3 courier_web/bootstrap.py [--dev]

What of the system is missing is installed by apt when we are root.  Otherwise one line
says the apt command; LDAP, the only part that needs a compiler, is then left out.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LDAP_PACKAGES = ("python-ldap", "django-auth-ldap")
LDAP_SYSTEM = ["gcc", "python3-dev", "libldap2-dev", "libsasl2-dev"]
TEST_PROGRAMS = {
    "chromium": "chromium",
    "swaks": "swaks",
    "mbsync": "isync",
    "fetchmail": "fetchmail",
    "offlineimap": "offlineimap3",
    "neomutt": "neomutt",
    "getmail": "getmail6",
    "curl": "curl",
    "srs": "srs",
    "maildrop": "maildrop",
}
TEST_PERL = {
    "Net::SSLeay": "libnet-ssleay-perl",  # what swaks speaks TLS by; apt only recommends it
}
TEST_FILES = {
    "/usr/lib/postfix/sbin/smtpd": "postfix",
    "/usr/sbin/smtp-sink": "postfix",
    "/usr/sbin/knotd": "knot",
    "/usr/sbin/unbound": "unbound",
    "/usr/bin/microsocks": "microsocks",
    "/usr/lib/python3/dist-packages/Milter/__init__.py": "python3-milter",
    "/usr/sbin/opendkim": "opendkim",
    "/usr/sbin/saslpasswd2": "sasl2-bin",
    f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/sasl2/libscram.so": "libsasl2-modules",
    "/usr/sbin/dovecot": "dovecot-imapd",
    "/usr/lib/dovecot/pop3": "dovecot-pop3d",
}

# Programs that can't be installed beside the others: each script unpacks its own below ~/.cache.
TEST_ROOTS = ("tests/support/courier_root.py",)


def main() -> int:
    dev = "--dev" in sys.argv[1:]
    if sys.version_info < (3, 11):  # noqa: UP036  # the system may have an older one
        print("Courier needs Python 3.11 or newer; this is " + sys.version.split()[0])
        return 1
    files = [ROOT / "requirements.txt"] + ([ROOT / "requirements-dev.txt"] if dev else [])
    wanted = _fingerprint(files)
    stamp = VENV / ".courier"
    known = stamp.read_text().split("\n") if stamp.exists() else []
    if dev:
        _install_test_programs()
    if known[:1] == [wanted] or known[1:2] == [wanted]:
        return 0
    if not _make_venv():
        return 1
    if not _install(files):
        return 1
    runtime = _fingerprint([ROOT / "requirements.txt"])
    stamp.write_text(f"{wanted}\n{runtime}\n")
    return 0


def _fingerprint(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _apt(packages: list[str]) -> bool:
    """Install Debian packages when we may; say the command when we may not."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print("Missing from the system.  Please run: sudo apt-get install " + " ".join(packages))
        return False
    print("Installing " + " ".join(packages) + " …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]
    install = [*quiet, "install", "-y", "--no-install-recommends", *packages]
    log = subprocess.DEVNULL
    if subprocess.call(install, env=environment, stdout=log, stderr=log) == 0:
        return True
    subprocess.call([*quiet, "update"], env=environment)
    return subprocess.call(install, env=environment, stdout=log) == 0


def _make_venv() -> bool:
    if PYTHON.exists() and subprocess.call([PYTHON, "-c", "import pip"]) == 0:
        return True
    create = [sys.executable, "-m", "venv", str(VENV)]
    have = subprocess.call(
        [sys.executable, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL
    )
    if have != 0 and not _apt(["python3-venv"]):
        return False
    print("Making the virtual environment …", flush=True)
    return subprocess.call(create) == 0


def _ldap_builds() -> bool:
    """Whether python-ldap can be compiled here, after asking apt for what it wants."""
    headers = [Path("/usr/include/lber.h"), Path("/usr/include/sasl/sasl.h")]
    if shutil.which("gcc") and all(header.exists() for header in headers):
        return True
    if _apt(LDAP_SYSTEM):
        return True
    print("Going on without LDAP logins until then.")
    return False


def _install(files: list[Path]) -> bool:
    with_ldap = _ldap_builds()
    print("Installing Python packages …", flush=True)
    for file in files:
        lines = _without_ldap(file) if not with_ldap else file.read_text()
        wanted = VENV / ("wanted-" + file.name)
        wanted.write_text(lines)
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.call([*pip, "--require-hashes", "-r", str(wanted)]) != 0:
            print(f"Could not install what {file.name} names; see the messages above.")
            return False
    return True


def _without_ldap(file: Path) -> str:
    """The requirements without the LDAP packages: each is a block of continued lines."""
    kept, skipping = [], False
    for line in file.read_text().splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            skipping = line.split("==")[0] in LDAP_PACKAGES
        if not skipping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _install_test_programs() -> None:
    missing = [package for program, package in TEST_PROGRAMS.items() if not _has(program)]
    missing += [package for file, package in TEST_FILES.items() if not Path(file).exists()]
    missing += [package for module, package in TEST_PERL.items() if not _perl_has(module)]
    if not _postgres_there():
        missing.append("postgresql")
    missing = sorted(set(missing))
    if missing and not _apt(missing):
        print("Tests that need them will fail.")
    for script in TEST_ROOTS:
        if subprocess.call([sys.executable, ROOT / script], stdout=subprocess.DEVNULL) != 0:
            print("Tests that need it will fail.")


def _has(program: str) -> bool:
    """Whether a program is installed, in the administrator's directories too."""
    return bool(shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"))


def _perl_has(module: str) -> bool:
    return shutil.which("perl") is not None and (
        subprocess.call(["perl", f"-M{module}", "-e1"], stderr=subprocess.DEVNULL) == 0
    )


def _postgres_there() -> bool:
    return _has("postgres") or any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


if __name__ == "__main__":
    sys.exit(main())
