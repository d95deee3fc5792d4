"""What is kept of an attempt's dialogue: words, never content or secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.queue import trace
from mailcore.transports.esmtp.transcript import MOST, Transcript
from tests.support.outgoing import Start, attempt_all, configure, send
from tests.support.remote import FULL

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def dialogues(number: int) -> list[str]:
    return [event.text for event in trace.life(number) if event.event == "dialogue"]


@pytest.mark.parametrize(
    ("kept", "of_failure", "of_success"),
    [("off", 0, 0), ("failures", 1, 0), ("all", 1, 1)],
)
def test_dialogues_are_kept_as_the_setting_says(
    remote: Start, kept: str, of_failure: int, of_success: int
) -> None:
    remote(answers={"RCPT": lambda line: "550 5.1.1 No such" if "nobody" in line else None})
    configure("outgoing", transcripts=kept)
    failed, went = send("nobody@far.test"), send("ann@far.test")
    attempt_all()
    assert (len(dialogues(failed)), len(dialogues(went))) == (of_failure, of_success)


def test_a_dialogue_is_the_peers_words_without_content_and_secrets(remote: Start) -> None:
    remote(extensions=(*FULL, "AUTH LOGIN"), answers={"END": "554 5.7.1 Spam"})
    configure("outgoing", transcripts="failures")
    configure(route_passwords=("[127.0.0.1] me hunter2",))
    number = send("ann@far.test")
    attempt_all()
    (text,) = dialogues(number)
    lines = text.split("\n")
    assert lines[:3] == [
        "* connected to [127.0.0.1] [127.0.0.1]",
        "< 220 remote.test ESMTP",
        "> EHLO mail.example.test",
    ]
    assert lines.count("> (secret)") == 3
    assert lines[-2:] == ["< 354 Go on", "< 554 5.7.1 Spam"]
    assert "Hello" not in text
    assert "aHVudGVyMg" not in text


def test_each_message_has_its_own_part(remote: Start) -> None:
    remote()
    configure("outgoing", transcripts="all")
    first, second = send("ann@far.test"), send("joe@far.test")
    attempt_all()
    assert "EHLO" in dialogues(first)[0]
    assert "EHLO" not in dialogues(second)[0]
    assert "RCPT TO:<joe@far.test>" in dialogues(second)[0]


@given(st.lists(st.binary(max_size=3000), max_size=30))
def test_property_a_transcript_has_a_limit(lines: list[bytes]) -> None:
    transcript = Transcript()
    for line in lines:
        transcript.said(line)
        transcript.heard([line])
    kept = transcript.take()
    assert len(kept.encode()) < 3 * MOST + 100 * len(lines)  # replaced octets and marks
    assert transcript.take() == ""
