"""manage.py imapd: serve mailboxes over IMAP."""

from mailcore.imapd import server
from mailcore.management.daemon import DaemonCommand


class Command(DaemonCommand):
    help = "Run the IMAP server until SIGTERM: imap and imaps."
    server = server
    stands_alone = True
