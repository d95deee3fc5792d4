"""`manage.py conf import`: take over the configuration of another mail server."""

import socket
from pathlib import Path
from typing import Any

from mailcore.conf.store import Change
from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand, plain, table
from mailcore.migration import apply as application
from mailcore.migration import read
from mailcore.migration.plan import Note, Plan, Verdict


class Command(VerbCommand):
    help = "The configuration as a whole."

    def verbs(self, add: Any) -> None:
        taking = add(
            "import",
            self.do_import,
            "take over /etc/courier, sendmail's /etc/aliases or /var/qmail; without --apply it"
            " only shows what would change and what needs you",
        )
        taking.add_argument("path", type=Path, help="directory, or the file of aliases")
        taking.add_argument(
            "--from", dest="kind", choices=read.KINDS, help="what it is of (guessed if not said)"
        )
        taking.add_argument("--apply", action="store_true", help="write it, as one change set")
        taking.add_argument(
            "--dry-run", action="store_true", help="only show it (what happens anyway)"
        )
        taking.add_argument(
            "--root",
            type=Path,
            default=Path("/"),
            help="where files named by an absolute path are found, if the tree is a copy",
        )
        taking.add_argument(
            "--host", default=socket.getfqdn(), help="host name of the old machine, where it counts"
        )
        taking.add_argument("--domain", default="", help="completes names without one")
        taking.add_argument("--all", action="store_true", help="also show what needs nothing")

    def do_import(
        self, *, path: Path, kind: str | None, apply: bool, dry_run: bool, **options: Any
    ) -> object:
        if apply and dry_run:
            raise ConfigError("say --apply or --dry-run, not both")
        plan = read.plan(path, kind, options["root"], options["host"], options["domain"])
        if apply:
            applied = application.apply(plan, summary=f"Import {path}", by=BY)
        else:
            applied = application.rehearse(plan, by=BY)
        if options["json"]:
            return {
                "changes": [_change(one) for one in applied.changes],
                "report": [_note(one) for one in plan.notes],
                "change_set": applied.change_set,
            }
        self.stdout.write(_report(plan, show_all=options["all"]))
        self.stdout.write(_outcome(applied, apply=apply))
        return None


_TITLES = {
    Verdict.UNDERSTOOD: "Understood",
    Verdict.DECIDE: "Needs your decision",
    Verdict.MISSING: "Has no counterpart here",
    Verdict.UNREAD: "Not understood",
    Verdict.NOTHING: "Needs nothing",
}


def _report(plan: Plan, *, show_all: bool) -> str:
    parts = []
    for verdict, title in _TITLES.items():
        rows = [_note(one) for one in plan.notes if one.verdict is verdict]
        if verdict is Verdict.NOTHING and not show_all:
            rows = []
        for row in rows:
            del row["verdict"]
        if rows:
            parts.append(f"{title}\n\n{table(rows)}\n")
    return "\n".join(parts)


def _outcome(applied: application.Applied, *, apply: bool) -> str:
    rows = [_change(one) for one in applied.changes]
    if not rows:
        return "Nothing would change." if not apply else "Nothing changed."
    end = "Nothing is written yet: the same with --apply writes it."
    if apply:
        end = f"Written; `manage.py settings undo {applied.change_set}` takes all of it back."
    return f"{'Changed' if apply else 'Would change'}\n\n{table(rows)}\n\n{end}"


def _note(note: Note) -> dict[str, object]:
    return {
        "where": str(note.where),
        "old": note.old,
        "here": note.text,
        "verdict": str(note.verdict),
    }


def _change(change: Change) -> dict[str, object]:
    path = f"{change.section}.{change.name}"
    if change.section in ("domain", "alias"):
        path = f"{change.section} {change.name}"
    if change.is_secret:
        return {"scope": change.scope, "what": path, "old": "•••", "new": "•••"}
    return {
        "scope": change.scope,
        "what": path,
        "old": plain(change.old if change.old is not None else "-"),
        "new": plain(change.new if change.new is not None else "-"),
    }
