"""The filter service: a real HTTP server is asked and obeyed, within reason."""

import base64
import contextlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.conf.schema.filters import Filters
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import TemporaryFailure
from mailcore.policy import http_hook
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.queue.content import Content

MESSAGE = b"Subject: hello\r\n\r\nGood day\r\n"


class Service:
    """Answers `answer` with `status`; keeps what it was asked."""

    def __init__(self) -> None:
        self.answer, self.status, self.pause = b"{}", 200, 0.0
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                for at in range(len(outer.answer)):
                    self.wfile.write(outer.answer[at : at + 1])
                    if outer.pause:
                        self.wfile.flush()
                        if outer.stopped.wait(outer.pause):
                            return

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # a client that has seen enough
                    super().handle()

            def log_message(self, *_: object) -> None:
                return

        self.stopped = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/check?key=1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.stop()


def received(url: str, **filters: object) -> Received:
    settings = Snapshot(filters=Filters(http_url=url, http_secret="s3cret", **filters))  # type: ignore[arg-type]
    peer = Peer("192.0.2.1", helo="mx.peer.example", notes=(("BLOCK2", "Suspect"),))
    return Received(
        peer=peer,
        reverse_path=Path("eve", "peer.example"),
        recipients=(Path("alice", "example.com"),),
        content=Content.of(MESSAGE),
        settings=settings,
        so_far=Verdict(results=("spf=pass smtp.helo=mx.peer.example",)),
    )


def answered(service: Service, **answer: object) -> Verdict:
    service.answer = json.dumps(answer).encode()
    return http_hook.check(received(service.url))


def test_the_service_is_told_everything_and_can_prove_who_told_it(service: Service) -> None:
    answered(service, action="accept")
    ((path, fields, body),) = service.asked
    assert path == "/check?key=1"
    told = json.loads(body)
    assert told["peer"]["address"] == "192.0.2.1"
    assert told["peer"]["notes"] == {"BLOCK2": "Suspect"}
    assert told["envelope"] == {"from": "eve@peer.example", "to": ["alice@example.com"]}
    assert told["results"] == ["spf=pass smtp.helo=mx.peer.example"]
    assert base64.b64decode(told["message"]) == MESSAGE
    assert told["complete"] is True
    moment, _, digest = fields["Courier-Signature"].partition(",v1=")
    signed = moment.removeprefix("t=").encode() + b"." + body
    assert abs(int(moment.removeprefix("t=")) - time.time()) < 300
    assert digest == hmac.new(b"s3cret", signed, "sha256").hexdigest()


def test_each_answer_does_what_it_says(service: Service) -> None:
    assert answered(service) == Verdict()
    refused = answered(service, action="refuse", text="No\r\n250 fine").refusal
    assert refused is not None
    assert refused.encode() == b"550-5.7.1 No \r\n550 5.7.1 250 fine\r\n"
    put_off = answered(service, action="defer").refusal
    assert put_off is not None
    assert put_off.code == 451
    assert answered(service, action="hold", text="odd").hold == "odd"
    assert answered(service, action="discard").discard
    tagged = answered(service, action="tag", fields={"X-Spam": "yes\r\nBcc: all@example.com"})
    assert tagged.fields == b"X-Spam: yes Bcc: all@example.com\r\n"


def test_a_long_message_is_cut_and_that_is_said(service: Service) -> None:
    http_hook.check(received(service.url, http_most=10))
    told = json.loads(service.asked[0][2])
    assert base64.b64decode(told["message"]) == MESSAGE[:10]
    assert (told["complete"], told["size"]) == (False, len(MESSAGE))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"{}"),
        (302, b"{}"),
        (200, b""),
        (200, b"[]"),
        (200, b'{"action": "dance"}'),
        (200, b'{"fields": {"No Name": "x"}}'),
        (200, b'{"text": 1}'),
        (200, b'"' + b"x" * 70_000 + b'"'),
    ],
)
def test_no_answer_puts_mail_off_unless_it_may_pass(
    service: Service, status: int, answer: bytes
) -> None:
    service.status, service.answer = status, answer
    with pytest.raises(TemporaryFailure):
        http_hook.check(received(service.url))
    assert http_hook.check(received(service.url, on_failure="accept")) == Verdict()


def test_a_service_that_trickles_is_given_up(service: Service) -> None:
    service.answer, service.pause = b" " * 1_000, 0.09
    with pytest.raises(TemporaryFailure):
        http_hook.check(received(service.url, http_timeout=1))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "file:///etc/passwd", "nonsense"])
def test_an_address_without_a_service_puts_mail_off(url: str) -> None:
    with pytest.raises(TemporaryFailure):
        http_hook.check(received(url))


@given(
    st.binary(max_size=80)
    | st.text(max_size=80).map(
        lambda text: json.dumps({"fields": {text: text}, "text": text}).encode()
    )
)
def test_property_no_answer_breaks_the_reader(answer: bytes) -> None:
    try:
        verdict = http_hook.read(answer)
    except ValueError:
        return
    assert verdict.fields.count(b"\n") == 0 or verdict.fields.endswith(b"\r\n")
