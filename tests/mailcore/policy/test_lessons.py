"""What deliveries teach: addresses that fail, domains that refuse reports, lost addresses."""

from dataclasses import replace

import pytest

from mailcore.conf.schema.policy import Policy
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.policy import backscatter, lessons, suppression
from mailcore.policy.lessons import Experience
from mailcore.policy.models import Lesson
from mailcore.status import Status

pytestmark = pytest.mark.django_db

GONE = Experience(
    source="smtp",
    reverse_path="eve@peer.example",
    address="Bob@far.example",
    delivered=False,
    failed=True,
    status=Status(5, 1, 1),
    reply="No such user.",
    refused_at="RCPT TO:<bob@far.example>",
)
SETTINGS = Snapshot(policy=Policy(suppress_after=2))


def learn(*outcomes: Experience, settings: Snapshot = SETTINGS) -> None:
    lessons.learn(outcomes, settings)
    backscatter.memory.load()


def judged(*ends: str) -> int | None:
    refusal = backscatter.judge_recipients([Path.of(end) for end in ends])
    return refusal.code if refusal else None


def test_an_address_whose_mail_failed_is_refused_and_one_that_waits_put_off() -> None:
    assert judged("bob@far.example") is None
    learn(GONE)
    assert judged("bob@far.example") == 556
    learn(replace(GONE, failed=False, status=Status(4, 4, 1)))
    assert judged("bob@far.example") == 456


def test_an_alias_is_refused_only_when_all_it_leads_to_is() -> None:
    learn(GONE)
    assert judged("bob@far.example", "joe@far.example") is None


def test_a_delivery_makes_up_for_it() -> None:
    learn(GONE)
    learn(replace(GONE, delivered=True, failed=False))
    assert judged("bob@far.example") is None


def test_what_another_process_learnt_is_forgotten_when_its_mail_arrives() -> None:
    lessons.learn([replace(GONE, failed=False, status=Status(4, 4, 1))], SETTINGS)
    backscatter.memory.known = {}  # another worker has the next attempt
    learn(replace(GONE, delivered=True, failed=False, retried=True))
    assert judged("bob@far.example") is None
    assert not Lesson.objects.exists()


def test_only_mail_of_the_chosen_sources_teaches() -> None:
    learn(replace(GONE, source="authsmtp"))
    assert judged("bob@far.example") is None
    learn(GONE, settings=Snapshot(policy=Policy(suppress_backscatter=())))
    assert judged("bob@far.example") is None


def test_lessons_expire() -> None:
    learn(GONE)
    Lesson.objects.update(expires_at=1)
    backscatter.memory.load()
    assert judged("bob@far.example") is None


def test_a_domain_whose_server_refuses_the_null_path_is_remembered() -> None:
    report = replace(GONE, source="dsn", reverse_path="", status=Status(5, 7, 1))
    learn(report)
    assert backscatter.judge_sender(Path.of("ann@far.example")) is None  # the user was refused
    learn(replace(report, refused_at="MAIL FROM:<>"))
    refusal = backscatter.judge_sender(Path.of("ann@far.example"))
    assert refusal is not None
    assert refusal.code == 517
    assert backscatter.judge_sender(Path.of("ann@near.example")) is None


def test_addresses_that_bounce_again_and_again_are_suppressed() -> None:
    bounce = replace(GONE, source="authsmtp", reverse_path="alice@example.com")
    path = Path.of("bob@far.example")
    learn(bounce)
    assert suppression.check(path) is None
    assert not backscatter.memory.suppressing
    learn(replace(bounce, status=Status(5, 7, 1)))  # a refusal of the message is no bounce
    assert suppression.check(path) is None
    learn(bounce)
    refusal = suppression.check(path)
    assert refusal is not None
    assert "suppression list (No such user.)" in refusal.text
    assert backscatter.memory.suppressing
    assert suppression.remove("bob@far.example")
    assert suppression.check(path) is None
    learn(bounce)
    assert suppression.check(path) is None  # counted from the beginning


def test_without_a_limit_bounces_suppress_nobody() -> None:
    bounce = replace(GONE, source="authsmtp", reverse_path="alice@example.com")
    learn(bounce, bounce, settings=Snapshot())
    assert suppression.listing() == []
