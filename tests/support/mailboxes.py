"""Messages with known parts, and Maildirs that hold them."""

from pathlib import Path

from mailcore.mailbox.delivery import Arrival, deliver

PLAIN = (
    b"Date: Mon, 05 Jan 2026 10:00:00 +0100\r\n"
    b"From: Bob Builder <bob@example.com>\r\n"
    b"To: alice@example.com\r\n"
    b"Subject: Plain words\r\n"
    b"Message-ID: <plain@example.com>\r\n"
    b"\r\n"
    b"Hello Alice,\r\n"
    b"the bridge is finished.\r\n"
)

MIXED = (
    b"Date: Tue, 06 Jan 2026 11:30:00 +0000\r\n"
    b"From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.net>\r\n"
    b'To: "Alice, A." <alice@example.com>, Team: bob@example.com, carol@example.org;\r\n'
    b"Cc: dave@example.com\r\n"
    b"Subject: =?utf-8?b?R3LDvMOfZSBhdXMgS8O2bG4=?=\r\n"
    b"Message-ID: <mixed@example.net>\r\n"
    b"In-Reply-To: <plain@example.com>\r\n"
    b"References: <plain@example.com>\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="edge"\r\n'
    b"\r\n"
    b"preamble\r\n"
    b"--edge\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"Sch=F6ne Br=FCcke\r\n"
    b"--edge\r\n"
    b'Content-Type: application/pdf; name="plan.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="plan.pdf"\r\n'
    b"\r\n"
    b"JVBERi0xLjQK\r\n"
    b"--edge--\r\n"
)

FORWARD = (
    b"Date: Wed, 07 Jan 2026 09:15:00 -0500\r\n"
    b"From: carol@example.org\r\n"
    b"To: alice@example.com\r\n"
    b"Subject: Fwd: Plain words\r\n"
    b"Message-ID: <forward@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: message/rfc822\r\n"
    b"\r\n" + PLAIN
)

ALL = (PLAIN, MIXED, FORWARD)


def fill(maildir: Path, messages: tuple[bytes, ...] = ALL, *, seconds: int = 1_767_700_000) -> None:
    """Deliver `messages` a day apart, the first at `seconds`."""
    deliver(
        maildir,
        [
            Arrival(f"fill{seconds}-{at}", message, internal_date=seconds + at * 86_400)
            for at, message in enumerate(messages)
        ],
    )
