"""A reply to DATA that answers each recipient for itself: EXDATA, code 558.  Courier.

Every line of such a reply begins with 558; what follows is a reply of its own:

    558-550-<ann@far.test>: no          a line of a recipient's reply
    558-550 5.7.1 not wanted            its last line
    558-250 Ok. 4711                    the next recipient, in the order of the accepted RCPTs
    558 250 Ok. 4711                    the last of all
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailcore.errors import GrammarError
from mailcore.protocol import reply as replies
from mailcore.protocol.reply import Reply
from mailcore.status import Status

CODE = 558
MISSING = Reply(CODE, Status(5, 5, 0), "Invalid 558 response.")
UNFINISHED = Reply(451, Status(4, 4, 2), "The server's answer for this recipient broke off.")


def encode(answers: Iterable[tuple[str, Reply]]) -> bytes:
    """The whole 558 from (address, reply) pairs; a refusal names its address first."""
    lines: list[bytes] = []
    for address, reply in answers:
        if not reply.is_success:
            reply = replace(reply, text=f"<{address}>:\n{reply.text}")
        lines += reply.encode().splitlines(keepends=True)
    return b"".join([*(b"558-" + line for line in lines[:-1]), b"558 " + lines[-1]])


def split(text: str, recipients: int) -> list[Reply]:
    """One reply for each recipient, from the text of a complete 558 reply.

    Surplus ones are ignored; for missing and unreadable ones the answer is permanent, as in
    Courier: the message was processed and must not be sent again.
    """
    found: list[Reply] = []
    for lines in _portions(text.split("\n")):
        if len(found) == recipients:
            break
        try:
            found.append(replies.parse(lines))
        except GrammarError:
            found.append(MISSING)
    return found + [MISSING] * (recipients - len(found))


def unfinished(lines: list[bytes], recipients: int) -> list[Reply]:
    """The same for a reply that broke off: whoever has no complete answer is tried again."""
    text = "\n".join(line[4:].decode("utf-8", "replace").rstrip("\r\n") for line in lines)
    whole = [each for each in _portions(text.split("\n")) if replies.is_last(each[-1])]
    found = [replies.parse(each) if _is_reply(each) else UNFINISHED for each in whole]
    return (found + [UNFINISHED] * recipients)[:recipients]


def _portions(lines: list[str]) -> Iterator[list[bytes]]:
    """Lines grouped by the recipient they answer."""
    portion: list[bytes] = []
    for line in lines:
        portion.append(line.encode())
        if replies.is_last(portion[-1]):
            yield portion
            portion = []
    if portion:
        yield portion


def _is_reply(lines: list[bytes]) -> bool:
    try:
        return replies.parse(lines).code >= 200
    except GrammarError:
        return False
