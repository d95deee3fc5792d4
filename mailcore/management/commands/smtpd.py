"""manage.py smtpd: accept mail over SMTP and LMTP."""

from mailcore.management.daemon import DaemonCommand
from mailcore.smtpd import server


class Command(DaemonCommand):
    help = "Run the ESMTP servers until SIGTERM: mail port, submission, submissions and LMTP."
    server = server
