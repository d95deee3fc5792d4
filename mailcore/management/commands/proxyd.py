"""manage.py proxyd: the aggregator proxy for IMAP and POP3."""

from mailcore.management.daemon import DaemonCommand
from mailcore.proxyd import server


class Command(DaemonCommand):
    help = "Run the proxy until SIGTERM: imap_proxy, imaps_proxy, pop3_proxy and pop3s_proxy."
    server = server
