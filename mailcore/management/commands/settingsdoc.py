"""`manage.py settingsdoc`: every setting as a Markdown page, for docs/settings.md."""

from typing import Any

from django.core.management.base import BaseCommand

from mailcore.conf import values
from mailcore.conf.schema.registry import SECTIONS, SETTINGS


class Command(BaseCommand):
    help = "Print docs/settings.md, drawn from the settings themselves."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    """The whole page; `tests/architecture` compares it with what is in docs/."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from the settings themselves; do not edit.",
        "Change one with `manage.py settings set SECTION.NAME VALUE` or in the administration.",
        "Running servers take a change at once; a session keeps the settings it began with.",
    ]
    for section, schema in SECTIONS.items():
        lines += ["", f"## {section}", "", (schema.__doc__ or "").strip(), ""]
        lines += ["| setting | default | Courier's name | what it does |", "|---|---|---|---|"]
        for one in SETTINGS[section].values():
            default = values.show(one, one.default).replace("|", "\\|").replace("\n", " ⏎ ")
            shown = f"`{default}`" if default else "(empty)"
            courier = f"`{one.courier}`" if one.courier else ""
            lines.append(f"| `{one.path}` | {shown} | {courier} | {one.help} |")
    return "\n".join(lines) + "\n"
