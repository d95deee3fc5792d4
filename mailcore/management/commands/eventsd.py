"""manage.py eventsd: tell browsers about new mail."""

from mailcore.eventsd import server
from mailcore.management.daemon import DaemonCommand


class Command(DaemonCommand):
    help = "Run the event stream for the webmail until SIGTERM."
    server = server
