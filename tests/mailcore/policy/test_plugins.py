"""Checks of installed packages."""

from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from mailcore import registry, status
from mailcore.conf.schema.filters import Filters
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import TemporaryFailure
from mailcore.policy import plugins
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.queue.content import Content

PACKAGE = """
from mailcore.policy.contract import Received, Verdict

def tag(received: Received) -> Verdict:
    return Verdict(fields=b"X-Plugin: " + received.peer.helo.encode() + b"\\r\\n")

def refuse(received: Received) -> Verdict:
    from mailcore import status
    from mailcore.protocol.reply import Reply
    return Verdict(refusal=Reply(550, status.RELAY_DENIED, "The plug-in says no."))

def broken(received: Received) -> Verdict:
    raise ZeroDivisionError
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with three entry points, as pip would have installed it."""
    (tmp_path / "courier_example.py").write_text(PACKAGE)
    info = tmp_path / "courier_example-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: courier-example\nVersion: 1\n")
    points = "\n".join(f"{name} = courier_example:{name}" for name in ("tag", "refuse", "broken"))
    (info / "entry_points.txt").write_text(f"[courier.checks]\n{points}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()


def judged(*names: str, **filters: object) -> Verdict:
    settings = Snapshot(filters=Filters(plugins=names, **filters))  # type: ignore[arg-type]
    peer = Peer("192.0.2.1", helo="mx.peer.example")
    message = Content.of(b"Subject: x\r\n\r\n")
    return plugins.check(Received(peer, Path("e", "p.test"), (), message, settings))


def test_plugins_are_found_by_name_and_asked_in_order() -> None:
    assert judged("tag").fields == b"X-Plugin: mx.peer.example\r\n"
    both = judged("refuse", "tag")
    assert both.refusal == Reply(550, status.RELAY_DENIED, "The plug-in says no.")
    assert both.fields == b""  # nobody is asked after a refusal


@pytest.mark.parametrize("name", ["broken", "not-installed"])
def test_a_plugin_that_breaks_puts_mail_off_unless_it_may_pass(name: str) -> None:
    with pytest.raises(TemporaryFailure):
        judged(name)
    assert judged(name, "tag", on_failure="accept").fields == b"X-Plugin: mx.peer.example\r\n"
