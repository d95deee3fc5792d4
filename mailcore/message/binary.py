"""Binary parts → base64, so that a message that came as BINARYMIME is lines like any other.

RFC 3030 §4 leaves that to whoever passes a message on; doing it as it comes in keeps every later
step (Maildir, IMAP, peers without BINARYMIME) free of it, and what the parts decode to stays.
"""

from mailcore.message import mime, recode


def without_binary(message: bytes) -> bytes:
    """The message with each part declared `binary` in base64; all else is as it was.

    What is binary without saying so stays, for the usual checks to find.
    """
    out: list[bytes] = []
    done = 0
    for part in sorted(mime.walk(mime.scan(message)), key=lambda part: part.header_start):
        if part.encoding != "binary" or part.header_start < done:
            continue
        block = message[part.header_start : part.body_start]
        if part.children or part.embedded is not None:
            written, end = recode.with_encoding(block, b"8bit", part), part.body_start
        else:
            body = recode.base64_lines(message[part.body_start : part.end])
            written, end = recode.with_encoding(block, b"base64", part) + body, part.end
        out += [message[done : part.header_start], written]
        done = end
    whole = b"".join([*out, message[done:]])
    return whole if whole.endswith(b"\r\n") else whole + b"\r\n"
