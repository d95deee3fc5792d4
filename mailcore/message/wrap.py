"""A message that can't be read as MIME, attached to one that can.  Courier BOFHBADMIME=wrap."""

import secrets

from mailcore.message import header, recode

_MIME = (b"content-", b"mime-version")


def wrapped(message: bytes, why: str) -> bytes:
    """Its own header fields but those of MIME, a text that says why, and the whole as it came.

    The original is octets in base64, so that nothing has to understand it.
    """
    block, _ = header.split(message)
    kept, done = [], 0
    for field in header.fields(block):
        if field.name.startswith(_MIME):
            kept.append(block[done : field.start])
            done = field.end
    kept.append(block[done:])
    top = b"".join(kept)
    if top and not top.endswith(b"\r\n"):
        top += b"\r\n"
    boundary = f"=_wrapped_{secrets.token_hex(12)}".encode()
    return (
        top + b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n'
        b"--%b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"This message came broken, and is attached as it came:\r\n%b\r\n"
        b"--%b\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="message.eml"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n%b\r\n--%b--\r\n"
    ) % (
        boundary,
        boundary,
        why.encode("utf-8", "replace").replace(b"\n", b"\r\n"),
        boundary,
        recode.base64_lines(message),
        boundary,
    )
