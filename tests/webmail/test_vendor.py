"""Third-party files are exactly those that were reviewed."""

import json
from pathlib import Path

import pytest

from tests.support import vendored


@pytest.mark.parametrize("root", vendored.ROOTS, ids=["site", "tests"])
def test_vendored_files_are_those_in_the_lock(root: Path) -> None:
    assert vendored.present(root) == vendored.locked(root)


@pytest.mark.parametrize("root", vendored.ROOTS, ids=["site", "tests"])
def test_every_vendored_package_has_its_licence_beside_it(root: Path) -> None:
    for package in json.loads((root / "vendor.lock.json").read_text())["packages"]:
        assert package["licence"]
        assert any(name.endswith("LICENSE") for name in package["files"])
