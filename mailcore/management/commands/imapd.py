"""manage.py imapd: serve mailboxes over IMAP."""

import socket
from collections.abc import Mapping

from mailcore.imapd import server
from mailcore.management.daemon import DaemonCommand
from mailcore.submit import outbox


class Command(DaemonCommand):
    help = "Run the IMAP server until SIGTERM: imap and imaps."
    server = server
    stands_alone = True

    def serve(self, sockets: Mapping[str, list[socket.socket]], profile: str) -> None:
        """Beside another mail server there is no queue to send by."""
        server.serve(sockets, None if profile == "standalone" else outbox.send)
