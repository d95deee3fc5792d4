"""What is kept of a server's reply."""

from mailcore.protocol.reply import Reply
from mailcore.transports.esmtp.words import words


def test_of_a_long_reply_ten_lines_are_kept() -> None:
    reply = Reply(550, None, "\n".join(f"line {number}" for number in range(30)))
    kept = words(reply).split("\n")
    assert len(kept) == 10
    assert kept[-1].endswith("line 9")
