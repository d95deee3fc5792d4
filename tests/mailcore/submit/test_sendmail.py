"""sendmail, as programs that call it expect it.  Courier sendmail."""

import pytest

from mailcore.envelope import Notify, Ret
from mailcore.errors import GrammarError
from mailcore.submit.sendmail import Submission, compose, parse_options

DOMAIN = "here.test"


def run(arguments: str, text: str, **environment: str) -> Submission:
    environment = {"LOGNAME": "joe", **environment}
    return compose(parse_options(arguments.split()), text.encode(), environment, DOMAIN)


def to(submission: Submission) -> list[str]:
    return [str(each.path) for each in submission.envelope.recipients]


MESSAGE = "To: ann@a.test, Bob <bob@b.test>\nCc: carl\nBcc: secret@c.test\nSubject: x\n\nbody\n"


def test_recipients_come_from_the_header_and_bcc_goes() -> None:
    done = run("-t -i", MESSAGE)
    assert to(done) == ["ann@a.test", "bob@b.test", "carl@here.test", "secret@c.test"]
    assert b"Bcc" not in done.data
    assert str(done.envelope.reverse_path) == "joe@here.test"
    assert b"\r\nFrom: joe@here.test\r\n\r\nbody\r\n" in done.data


def test_without_t_it_behaves_as_with_t() -> None:
    assert to(run("-oi", MESSAGE)) == to(run("-t", MESSAGE))


def test_address_arguments_are_the_only_recipients() -> None:
    done = run("-t only@one.test", MESSAGE)
    assert to(done) == ["only@one.test"]
    assert b"Bcc: secret@c.test" in done.data


def test_a_lone_dot_is_text() -> None:
    done = run("x@y.test", "Subject: x\n\none\n.\ntwo\n")
    assert done.data.endswith(b"\r\n\r\none\r\n.\r\ntwo\r\n")


def test_every_option_reaches_the_envelope() -> None:
    done = run("-f me@x.test -N success,fail -Rhdrs -V id7 -verp -oem -odb x@y.test", MESSAGE)
    assert str(done.envelope.reverse_path) == "me@x.test"
    assert done.envelope.recipients[0].notify == {Notify.SUCCESS, Notify.FAILURE}
    assert (done.envelope.ret, done.envelope.envid, done.envelope.verp) == (Ret.HDRS, "id7", True)


def test_the_null_path_can_be_the_sender() -> None:
    assert run("-f <> x@y.test", MESSAGE).envelope.reverse_path.is_null


def test_names_build_and_overrule_from() -> None:
    assert b"\r\nFrom: Joe <joe@here.test>\r\n" in run("-FJoe x@y.test", MESSAGE).data
    given = "From: Old Name <old@x.test>\n" + MESSAGE
    assert (
        b"From: New <u@h.test>"
        in run("x@y.test", given, MAILNAME="New", MAILUSER="u", MAILHOST="h.test").data
    )
    assert b"From: Old Name <old@x.test>" in run("x@y.test", given).data


def test_the_sender_is_who_runs_it_unless_the_environment_says_otherwise() -> None:
    done = run("x@y.test", MESSAGE, MAILSUSER="robot", MAILSHOST="Bots.test")
    assert str(done.envelope.reverse_path) == "robot@bots.test"


def test_resent_fields_replace_the_originals() -> None:
    assert to(run("-t", "Resent-To: new@n.test\n" + MESSAGE)) == ["new@n.test"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [("-bs", ""), ("-t", "Subject: x\n\nnobody\n"), ("-N sometimes x@y.test", MESSAGE),
     ("-f", MESSAGE), ("x@y.test\x01", MESSAGE)],
)  # fmt: skip
def test_what_cannot_be_done_is_said(arguments: str, text: str) -> None:
    with pytest.raises(GrammarError):
        run(arguments, text)
