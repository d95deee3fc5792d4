"""What leaves us has CRLF line ends and one end, whatever came in.  RFC 5321 §2.3.8, §4.5.2."""

import io

from hypothesis import given
from hypothesis import strategies as st

from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.data import DataReader
from mailcore.transports.esmtp.sending import pieces

octets = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\r\n.\r\n", b"\n.\n", b"a", b"\0", b"\r.\r"]),
    max_size=40,
).map(b"".join)


@given(octets)
def test_nothing_stored_ends_a_message_early(stored: bytes) -> None:
    sent = b"".join(
        client.stuff(client.normal_lines(piece)) for piece in pieces(io.BytesIO(stored))
    )
    assert sent.count(b"\r") == sent.count(b"\n") == sent.count(b"\r\n")
    reader = DataReader()
    reader.feed(sent + b".\r\n" + b"QUIT\r\n")
    assert reader.done
    assert reader.rest == b"QUIT\r\n"
