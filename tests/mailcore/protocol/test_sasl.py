"""SASL exchanges, step by step, and what cheats may send."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import sasl
from mailcore.protocol.sasl import Challenge, Credentials, Failed, ScramDone, SecretWanted


@dataclass
class Kept:
    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes


def keep(password: str, salt: bytes, iterations: int) -> Kept:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    return Kept(iterations, salt, stored, hmac.digest(salted, b"Server Key", "sha256"))


def test_plain_gives_credentials() -> None:
    plain = sasl.Plain()
    assert plain.step(None) == Challenge(b"")
    assert plain.step(b"\0alice@example.com\0s\xc3\xa9cret") == Credentials(
        "", "alice@example.com", "sécret"
    )


@pytest.mark.parametrize("response", [b"", b"a", b"a\0b", b"a\0b\0c\0d", b"\0\0x", b"\0\xff\0x"])
def test_malformed_plain_fails(response: bytes) -> None:
    assert isinstance(sasl.Plain().step(response), Failed)


def test_login_asks_twice() -> None:
    login = sasl.Login()
    assert login.step(None) == Challenge(b"Username:")
    assert login.step(b"alice") == Challenge(b"Password:")
    assert login.step(b"secret") == Credentials("", "alice", "secret")


def test_login_takes_the_name_as_initial_response() -> None:
    login = sasl.Login()
    assert login.step(b"alice") == Challenge(b"Password:")


# The exchange of RFC 7677 §3.
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def begun(password: str = "pencil") -> sasl.ScramSha256:
    scram = sasl.ScramSha256(SERVER_NONCE, b"decoy")
    assert scram.step(FIRST) == SecretWanted("user")
    scram.with_secret(keep(password, SALT, 4096))
    return scram


def test_scram_follows_the_example_of_its_rfc() -> None:
    scram = sasl.ScramSha256(SERVER_NONCE, b"decoy")
    assert scram.step(None) == Challenge(b"")
    assert scram.step(FIRST) == SecretWanted("user")
    assert scram.with_secret(keep("pencil", SALT, 4096)) == Challenge(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert scram.step(FINAL) == Challenge(SERVER_FINAL)
    assert scram.step(b"") == ScramDone("", "user")


def test_scram_with_a_wrong_password_fails() -> None:
    assert isinstance(begun("pen").step(FINAL), Failed)


@pytest.mark.parametrize(
    "final",
    [
        FINAL.replace(b"biws", b"eSws"),
        FINAL.replace(b"fwEb", b"xxxx"),
        FINAL.replace(b"dHzb", b"AAAA"),
        FINAL[:-8],
        b"",
        b"c=biws",
        b"\xff",
        FINAL.replace(b",p=", b",m=1,p="),
    ],
)
def test_scram_with_a_forged_final_message_fails(final: bytes) -> None:
    assert isinstance(begun().step(final), Failed)


def test_scram_answer_cannot_be_replayed() -> None:
    scram = sasl.ScramSha256("another-nonce", b"decoy")
    scram.step(FIRST)
    scram.with_secret(keep("pencil", SALT, 4096))
    assert isinstance(scram.step(FINAL), Failed)


@pytest.mark.parametrize(
    "first",
    [
        b"p=tls-unique,,n=user,r=abc",
        b"n,,m=x,n=user,r=abc",
        b"n,,n=us=er,r=abc",
        b"n,,n=user",
        b"n,,n=user,r=",
        b"",
        b"\xff",
        b"n,,n=user,r=" + b"x" * 10_000,
    ],
)
def test_scram_refuses_what_it_does_not_offer(first: bytes) -> None:
    assert isinstance(sasl.ScramSha256("nonce", b"decoy").step(first), Failed)


def test_unknown_names_look_like_known_ones() -> None:
    challenges = []
    for nonce in ("one", "two"):
        scram = sasl.ScramSha256(nonce, b"decoy", decoy_iterations=10_000)
        scram.step(b"n,,n=nobody,r=abc")
        challenges.append(scram.with_secret(None).data.partition(b",s=")[2])
        assert isinstance(scram.step(FINAL), Failed)
    assert challenges[0] == challenges[1]
    assert challenges[0].endswith(b",i=10000")


def test_two_spellings_of_an_unknown_name_look_alike() -> None:
    salts = set()
    for name in (b"Nobody", b"nobody"):
        scram = sasl.ScramSha256("nonce", b"decoy")
        scram.step(b"n,,n=" + name + b",r=abc")
        salts.add(scram.with_secret(None, "nobody@example.com").data)
    assert len(salts) == 1


def test_scram_names_may_hold_commas() -> None:
    scram = sasl.ScramSha256("nonce", b"decoy")
    assert scram.step(b"y,a=b=3Dc,n=a=2Cb,r=abc") == SecretWanted("a,b")
    assert scram.claimed == "a,b"


@given(st.lists(st.one_of(st.none(), st.binary(max_size=100)), max_size=5))
def test_any_responses_end_in_no_login(responses: list[bytes | None]) -> None:
    for machine in (sasl.Plain(), sasl.Login(), sasl.ScramSha256("nonce", b"decoy")):
        for response in responses:
            step = machine.step(response)
            if isinstance(step, SecretWanted):
                assert isinstance(machine, sasl.ScramSha256)
                machine.with_secret(None)
            assert not isinstance(step, ScramDone)
            if isinstance(step, Failed | Credentials):
                break


@pytest.mark.parametrize("line", [b"===", b"a b", b"YQ", b"YQ==x", b"\xff"])
def test_responses_must_be_base64(line: bytes) -> None:
    with pytest.raises(GrammarError):
        sasl.decode_response(line)


def test_empty_response_is_empty() -> None:
    assert sasl.decode_response(b"") == b""
