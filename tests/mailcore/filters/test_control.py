"""Control files in the classic's form: a letter and its data, one a line."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path, Ret, Source
from mailcore.filters import control
from mailcore.filters.control import Facts, Goal

PLAIN = Facts("0abc", "peer.test ([192.0.2.1])", False, {})
TEXT = st.text(max_size=40)


def test_a_control_file_tells_what_was_asked_for() -> None:
    wishes = EnvelopeRecipient(
        Path("ann", "a.test"), frozenset({Notify.SUCCESS, Notify.FAILURE}), "rfc822;Ann@a.test"
    )
    envelope = Envelope(
        Path("eve", "p.test"),
        (wishes, EnvelopeRecipient(Path("ben", "a.test"))),
        source=Source.AUTHSMTP,
        ret=Ret.HDRS,
        envid="x1",
        verp=True,
        smtputf8=True,
        minimum_security="STARTTLS",
        auth_identity="eve@p.test",
        listener="vanity",
    )
    facts = Facts(
        "0abc",
        "peer.test (h.test [192.0.2.1])",
        True,
        {"TCPREMOTEIP": "192.0.2.1"},
        arrived=10.0,
        expires=30.0,
        warns=20.0,
    )
    (file,) = control.files(envelope, [Goal("ann@home.test", 0), Goal("ben@a.test", 1)], facts)
    assert file.decode().splitlines() == [
        "seve@p.test",
        "fpeer.test (h.test [192.0.2.1])",
        "ex1",
        "tH",
        "M0abc",
        "uauthsmtp",
        "ieve@p.test",
        "vvanity",
        "USTARTTLS",
        "V",
        "8",
        "m",
        "OTCPREMOTEIP=192.0.2.1",
        "E30",
        "W20",
        "A10",
        "rann@home.test",
        "RAnn@a.test",
        "NFS",
        "rben@a.test",
        "R",
        "N",
    ]


def test_more_than_a_hundred_recipients_have_several_control_files() -> None:
    many = tuple(EnvelopeRecipient(Path(f"u{n}", "a.test")) for n in range(201))
    goals = [Goal(str(each.path), index) for index, each in enumerate(many)]
    files = control.files(Envelope(Path("e", "p.test"), many), goals, PLAIN)
    assert [file.count(b"\nr") for file in files] == [100, 100, 1]
    assert all(file.startswith(b"se@p.test\n") and b"\nM0abc\n" in file for file in files)


@given(TEXT, TEXT, TEXT, TEXT, TEXT)
def test_property_no_text_of_strangers_makes_a_line_of_its_own(
    local: str, envid: str, peer: str, orcpt: str, address: str
) -> None:
    named = EnvelopeRecipient(Path("a", "a.test"), orcpt="rfc822;" + orcpt)
    envelope = Envelope(Path(local, "p.test"), (named,), envid=envid, auth_identity="i" + peer)
    facts = Facts("0abc", peer, False, {"TCPREMOTEIP": peer})
    (file,) = control.files(envelope, [Goal(address, 0)], facts)
    letters = [line[:1] for line in file.decode().split("\n")]
    assert letters == [*"sfetMuiO", *"rRN", ""]
