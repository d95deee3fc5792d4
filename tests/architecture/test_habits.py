"""The house rules that no linter checks."""

import ast
import json
import re
from pathlib import Path

import pytest

from mailcore.management.commands import settingsdoc

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("courier_web", "mailcore", "webmail", "calendar_app", "adminpanel", "workers")
VAGUE = {
    "utils",
    "util",
    "helpers",
    "common",
    "misc",
    "lib",
    "tools",
    "handlers",
    "managers",
    "base",
}
MODULES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
]


def test_no_module_has_a_vague_name() -> None:
    assert [path for path in MODULES if path.stem in VAGUE] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_package_doors_are_empty() -> None:
    full = [path for path in MODULES if path.name == "__init__.py" and path.read_text().strip()]
    assert full == []


def test_every_rfc_cited_is_listed() -> None:
    listed = set(re.findall(r"^\| (\d{3,4}) \|", (ROOT / "docs/rfcs.md").read_text(), re.M))
    cited = {
        (number, path.name)
        for path in MODULES
        for number in re.findall(r"RFC (\d{3,4})", path.read_text())
    }
    assert sorted(one for one in cited if one[0] not in listed) == []


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settingsdoc.page(), "run `make docs`"


def test_every_transcript_opens_with_a_comment_that_cites_its_authority() -> None:
    for path in (ROOT / "tests/transcripts").rglob("*.txt"):
        head = path.read_text().split("\n\n")[0]
        assert head.startswith("#"), path
        assert re.search(r"RFC \d+|Courier|ABUSE|UX", head), path


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert dead == []


@pytest.mark.parametrize("page", ["docs/parity.md", "docs/smtp.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/.-]+)(?:::(\w+))?`", (ROOT / page).read_text())
    missing = [
        f"{path}::{function}"
        for path, function in named
        if not (ROOT / path).exists()
        or (function and f"def {function}(" not in (ROOT / path).read_text())
    ]
    assert named
    assert missing == []


@pytest.mark.parametrize(
    "danger", [r"shell=True", r"\bpickle\b", r"(?<![.\w])eval\(", r"(?<![.\w])exec\("]
)
def test_no_module_uses_what_attackers_hope_for(danger: str) -> None:
    found = [path for path in MODULES if re.search(danger, path.read_text())]
    assert found == []


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        loose = [
            block.split("\n")[0]
            for block in blocks
            if "==" in block.split("\n")[0] and "--hash=sha256:" not in block
        ]
        assert loose == []


def test_the_vendored_files_are_the_ones_that_were_reviewed() -> None:
    lock = ROOT / "courier_web/static/vendor/vendor.lock.json"
    assert json.loads(lock.read_text())
