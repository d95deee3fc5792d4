"""`manage.py conf export|diff|apply|import`."""

import socket
import sys
from pathlib import Path
from typing import Any

from mailcore.conf.current import snapshot
from mailcore.errors import ConfigError
from mailcore.management import changes
from mailcore.management.verbs import BY, VerbCommand, table
from mailcore.migration import apply as application
from mailcore.migration import read, whole
from mailcore.migration.apply import Applied
from mailcore.migration.grammar import document
from mailcore.migration.plan import Note, Plan, Verdict


class Command(VerbCommand):
    help = "The configuration as a whole: as one text, or taken over from another server."

    def verbs(self, add: Any) -> None:
        out = add("export", self.do_export, "print settings, domains and aliases as one text")
        out.add_argument("--secrets", action="store_true", help="with the passwords in it")
        showing = add("diff", self.do_diff, "what `apply` of the same file would change")
        showing.add_argument("file", help="the text, - for standard input")
        making = add(
            "apply",
            self.do_apply,
            "make it as the file says, as one change set; tables that it lacks are left alone",
        )
        making.add_argument("file", help="the text, - for standard input")
        taking = add(
            "import",
            self.do_import,
            "take over /etc/courier, sendmail's /etc/aliases or /var/qmail; without --apply it"
            " only shows what would change and what needs you",
        )
        taking.add_argument("path", type=Path, help="directory, or the file of aliases")
        _import_options(taking)

    def do_export(self, *, secrets: bool, json: bool, **_: Any) -> object:
        tables = whole.tables(secrets=secrets)
        head = f"Configuration of {snapshot().me}; `manage.py conf apply` makes it so."
        return tables if json else document.write(tables, head).rstrip("\n")

    def do_diff(self, *, file: str, json: bool, **_: Any) -> object:
        tables = document.read(_text(file))
        applied = application.rehearse(lambda: whole.apply(tables, summary="", by=BY))
        return _told(applied, json=json, written=False)

    def do_apply(self, *, file: str, json: bool, **_: Any) -> object:
        tables = document.read(_text(file))
        applied = whole.apply(tables, summary=f"Apply {file}", by=BY)
        return _told(applied, json=json, written=True)

    def do_import(
        self, *, path: Path, kind: str | None, apply: bool, dry_run: bool, **options: Any
    ) -> object:
        if apply and dry_run:
            raise ConfigError("say --apply or --dry-run, not both")
        plan = read.plan(path, kind, options["root"], options["host"], options["domain"])

        def write() -> Applied:
            return application.apply(plan, summary=f"Import {path}", by=BY)

        applied = write() if apply else application.rehearse(write)
        if options["json"]:
            report = [_note(one) for one in plan.notes]
            return {"report": report, **changes.values(applied)}
        told = _told(applied, json=False, written=apply)
        hint = "" if apply or not applied.changes else "\n\n--apply writes it."
        return f"{_report(plan, show_all=options['all'])}\n{told}{hint}"


def _import_options(parser: Any) -> None:
    parser.add_argument(
        "--from", dest="kind", choices=read.KINDS, help="what it is of (guessed if not said)"
    )
    parser.add_argument("--apply", action="store_true", help="write it, as one change set")
    parser.add_argument("--dry-run", action="store_true", help="only show it (what happens anyway)")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("/"),
        help="where files named by an absolute path are found, if the tree is a copy",
    )
    parser.add_argument(
        "--host", default=socket.getfqdn(), help="host name of the old machine, where it counts"
    )
    parser.add_argument("--domain", default="", help="completes names without one")
    parser.add_argument("--all", action="store_true", help="also show what needs nothing")


def _text(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(document.LARGEST + 1)
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(document.LARGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None


def _told(applied: Applied, *, json: bool, written: bool) -> object:
    return changes.values(applied) if json else changes.text(applied, written=written)


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


def _note(note: Note) -> dict[str, object]:
    return {
        "where": str(note.where),
        "old": note.old,
        "here": note.text,
        "verdict": str(note.verdict),
    }
