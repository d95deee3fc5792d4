"""The request the stream understands."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.eventsd import request


def test_ticket_and_origin_are_found() -> None:
    asked = request.parse(
        b"GET /events?ticket=abc.def HTTP/1.1\r\nHost: x\r\norigin: https://mail.example.com"
    )
    assert asked == request.Request("GET", "/events", "abc.def", "https://mail.example.com")


@given(st.binary())
def test_no_request_raises(head: bytes) -> None:
    asked = request.parse(head)
    if asked is not None:
        assert "\n" not in request.acceptance(asked.origin).decode().split("Origin: ")[-1][:0]


@given(st.text())
def test_an_origin_adds_no_header(origin: str) -> None:
    head = f"GET / HTTP/1.1\r\nOrigin: {origin}".encode("latin-1", "replace")
    asked = request.parse(head)
    if asked is not None:
        answer = request.acceptance(asked.origin).decode("ascii")
        assert answer.count("\r\n\r\n") == 1
        assert answer.lower().count("\r\ncontent-type") == 1


def test_too_many_parameters_are_no_request_for_us() -> None:
    target = "&".join(f"a{n}=1" for n in range(50))
    assert request.parse(f"GET /events?{target} HTTP/1.1".encode()) is None
