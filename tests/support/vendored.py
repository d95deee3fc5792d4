"""Re-computes the hashes of vendored files."""

import hashlib
import json
from pathlib import Path

from django.conf import settings

ROOTS = [
    settings.BASE_DIR / "courier_web" / "static" / "vendor",
    settings.BASE_DIR / "tests" / "support" / "vendor",
]


def locked(root: Path) -> dict[str, str]:
    """File → SHA-256 as the lock says."""
    lock = json.loads((root / "vendor.lock.json").read_text())
    return {name: digest for one in lock["packages"] for name, digest in one["files"].items()}


def present(root: Path) -> dict[str, str]:
    """File → SHA-256 as it is."""
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in root.rglob("*")
        if file.is_file() and file.name != "vendor.lock.json"
    }
