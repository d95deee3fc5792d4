"""Strangers' web servers: nothing inwards, nothing long, nothing followed.  ABUSE §5.1."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.net import https
from mailcore.net.https import Web
from tests.support.authority import Authority
from tests.support.web import WebServer, page


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[WebServer]:
    server = WebServer(authority.server("far.test"), page(b"hello"))
    yield server
    server.stop()


@pytest.fixture
def web(server: WebServer, authority: Authority) -> Web:
    return Web(server.port, 5, 1000, private=True, authorities=str(authority.file))


def test_a_page_is_read(server: WebServer, web: Web) -> None:
    assert https.get("far.test", "/x", ["127.0.0.1"], web) == https.Answer(
        200, "text/plain", b"hello"
    )
    assert server.requests[0].startswith(b"GET /x HTTP/1.1\r\nHost: far.test\r\n")


def test_chunks_are_joined(server: WebServer, web: Web) -> None:
    server.answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    )
    assert https.get("far.test", "/", ["127.0.0.1"], web).body == b"hello"


def test_a_redirect_is_an_answer_and_is_not_followed(server: WebServer, web: Web) -> None:
    server.answer = page(b"", "301 Moved\r\nLocation: https://far.test/other")
    assert https.get("far.test", "/", ["127.0.0.1"], web).status == 301
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [page(b"x" * 1001), page(b"x" * 200_000), b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000,
     b"", b"220 far.test ESMTP\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_long_and_broken_answers_are_refused(server: WebServer, web: Web, answer: bytes) -> None:
    server.answer = answer
    with pytest.raises(OSError, match=r"long|HTTP"):
        https.get("far.test", "/", ["127.0.0.1"], web)


def test_a_certificate_for_another_name_is_refused(web: Web) -> None:
    with pytest.raises(OSError, match="certificate"):
        https.get("other.test", "/", ["127.0.0.1"], web)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1",
     "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_nothing_inwards_is_ever_asked(server: WebServer, web: Web, address: str) -> None:
    outward = Web(web.port, 5, 1000, private=False, authorities=web.authorities)
    with pytest.raises(OSError, match="no public address"):
        https.get("far.test", "/", [address], outward)
    assert server.requests == []


def test_public_addresses_are_public() -> None:
    assert https.is_public("193.0.6.139")
    assert https.is_public("2001:67c:2e8:22::c100:68b")
