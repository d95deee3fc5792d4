"""manage.py maildirmake — make a Maildir, or a folder in one."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore.errors import StoreError
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders


class Command(BaseCommand):
    help = "Make a Maildir; with -f, a folder (A.B) in an existing one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("maildir", type=Path)
        parser.add_argument("-f", "--folder", help="name of a folder, levels separated by dots")

    def handle(self, *, maildir: Path, folder: str | None, **options: Any) -> None:
        try:
            if folder is None:
                folders.make(maildir, folder=False)
                return
            with MailStore(maildir) as store:
                store.create(folders.INBOX + folders.SEPARATOR + folder)
        except (StoreError, OSError) as error:
            raise CommandError(str(error)) from error
