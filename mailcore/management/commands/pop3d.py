"""manage.py pop3d: hand out mail over POP3."""

from mailcore.management.daemon import DaemonCommand
from mailcore.pop3d import server


class Command(DaemonCommand):
    help = "Run the POP3 server until SIGTERM: pop3 and pop3s."
    server = server
    stands_alone = True
