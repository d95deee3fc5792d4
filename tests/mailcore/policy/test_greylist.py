"""Senders we have not met."""

import pytest

from mailcore.conf.schema.policy import Policy
from mailcore.envelope import NULL_PATH, Path
from mailcore.policy import greylist
from mailcore.policy.models import Acquaintance

pytestmark = pytest.mark.django_db

POLICY = Policy(greylist=True, greylist_delay=300, greylist_known_after=2)
ANN, BOB, EVE = Path("ann", "a.test"), Path("bob", "b.test"), Path("eve", "c.test")
DAY = 86_400.0


def met(now: float, peer: str = "192.0.2.1", sender: Path = ANN, recipient: Path = BOB) -> bool:
    return greylist.meet(peer, sender, recipient, POLICY, now)


def test_who_comes_again_in_time_has_met_us() -> None:
    assert not met(1000)
    assert not met(1299)
    assert met(1300)
    assert met(1301)


def test_each_sender_recipient_and_network_is_met_by_itself() -> None:
    met(1000)
    assert not met(1400, sender=EVE)
    assert not met(1400, recipient=EVE)
    assert not met(1400, sender=NULL_PATH)
    assert not met(1400, peer="192.0.3.1")
    assert met(1400, peer="192.0.2.200")  # the same /24
    met(1000, peer="2001:db8::1")
    assert met(1400, peer="2001:db8::ffff:1")


def test_who_comes_too_late_begins_anew() -> None:
    met(1000)
    assert not met(1000 + 3 * DAY)
    assert met(1000 + 3 * DAY + 300)


def test_a_network_that_came_again_often_enough_is_known() -> None:
    for sender in (ANN, EVE):
        met(1000, sender=sender)
        assert met(1400, sender=sender)
    assert met(1500, sender=Path("new", "d.test"))
    assert not met(1500 + 40 * DAY, sender=Path("newer", "d.test"))


def test_the_forgotten_leave_no_rows() -> None:
    met(1000)
    assert greylist.prune(1000 + 3 * DAY) == 1
    assert not Acquaintance.objects.exists()


def test_nobody_can_read_from_the_rows_who_wrote_to_whom() -> None:
    met(1000)
    assert not Acquaintance.objects.filter(key__contains="test").exists()
