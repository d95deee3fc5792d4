"""The envelope after filters."""

from mailcore.envelope import Envelope, EnvelopeRecipient, Path, Source
from mailcore.protocol.reply import Reply
from mailcore.routing.router import Resolution
from mailcore.submit import redirection

PATHS = [Path(name, "a.test") for name in ("ann", "ben", "cat", "dan")]


def test_who_is_dropped_takes_its_resolution_along() -> None:
    envelope = Envelope(
        reverse_path=Path("eve", "b.test"),
        recipients=tuple(EnvelopeRecipient(path) for path in PATHS),
        source=Source.SMTP,
    )
    resolutions = [Resolution(path, True) for path in PATHS]
    left, routes = redirection.without(envelope, resolutions, {0, 2})
    assert [str(each.path) for each in left.recipients] == ["ben@a.test", "dan@a.test"]
    assert [route.path for route in routes] == [each.path for each in left.recipients]


def test_refusals_keep_to_their_recipients_when_others_go() -> None:
    no, later = Reply(550, None, "no"), Reply(450, None, "later")
    assert redirection.renumbered({1: no, 2: later, 3: later}, {0, 2}) == {0: no, 1: later}
    assert redirection.renumbered({1: no}, set()) == {1: no}
