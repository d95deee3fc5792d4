"""Which kind of configuration a path holds, and its reader."""

from pathlib import Path

from mailcore.conf.current import snapshot
from mailcore.errors import ConfigError
from mailcore.migration import qmail, sendmail
from mailcore.migration.courier import tree as courier
from mailcore.migration.files import Files
from mailcore.migration.plan import Plan

KINDS = ("courier", "sendmail", "qmail")


def plan(path: Path, kind: str | None, root: Path, host: str, domain: str) -> Plan:
    """Read it all.  Raises ConfigError when there is nothing to read."""
    if not path.exists():
        raise ConfigError(f"there is no {path}")
    kind = kind or guess(path)
    if kind == "courier" and path.is_dir():
        return courier.plan(Files(path, root), host).gather()
    if kind == "sendmail" and not path.is_dir():
        domain = (domain or snapshot().default_domain).lower()
        return sendmail.plan(Files(path.parent, root), path.name, domain).gather()
    if kind == "qmail" and path.is_dir():
        control = path / "control" if (path / "control").is_dir() else path
        files = Files(control.parent, root)
        return qmail.plan(files, Files(control, root), host, domain.lower()).gather()
    raise ConfigError(f"{path} is no configuration of {kind}")


def guess(path: Path) -> str:
    """The kind of configuration at `path`."""
    if not path.is_dir():
        return "sendmail"
    names = {entry.name for entry in path.iterdir()}
    if "control" in names or ({"rcpthosts", "virtualdomains"} & names and "esmtpd" not in names):
        return "qmail"
    return "courier"
