"""SASL exchanges, step by step, and what cheats may send."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.accounts import passwords
from mailcore.errors import GrammarError
from mailcore.protocol import sasl
from mailcore.protocol.sasl import (
    Challenge,
    Credentials,
    Digest,
    Failed,
    Proved,
    SecretWanted,
    Token,
)
from mailcore.protocol.scram import Scram
from tests.support.scram import ScramClient


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


def begun(password: str = "pencil") -> Scram:
    scram = Scram("sha256", SERVER_NONCE, b"decoy")
    assert scram.step(FIRST) == SecretWanted("user")
    scram.with_secret(keep(password, SALT, 4096))
    return scram


def test_scram_follows_the_example_of_its_rfc() -> None:
    scram = Scram("sha256", SERVER_NONCE, b"decoy")
    assert scram.step(None) == Challenge(b"")
    assert scram.step(FIRST) == SecretWanted("user")
    assert scram.with_secret(keep("pencil", SALT, 4096)) == Challenge(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert scram.step(FINAL) == Challenge(SERVER_FINAL)
    assert scram.step(b"") == Proved("", "user")


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
    scram = Scram("sha256", "another-nonce", b"decoy")
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
    assert isinstance(Scram("sha256", "nonce", b"decoy").step(first), Failed)


def test_unknown_names_look_like_known_ones() -> None:
    challenges = []
    for nonce in ("one", "two"):
        scram = Scram("sha256", nonce, b"decoy", decoy_iterations=10_000)
        scram.step(b"n,,n=nobody,r=abc")
        challenges.append(scram.with_secret(None).data.partition(b",s=")[2])
        assert isinstance(scram.step(FINAL), Failed)
    assert challenges[0] == challenges[1]
    assert challenges[0].endswith(b",i=10000")


def test_two_spellings_of_an_unknown_name_look_alike() -> None:
    salts = set()
    for name in (b"Nobody", b"nobody"):
        scram = Scram("sha256", "nonce", b"decoy")
        scram.step(b"n,,n=" + name + b",r=abc")
        salts.add(scram.with_secret(None, "nobody@example.com").data)
    assert len(salts) == 1


def test_scram_names_may_hold_commas() -> None:
    scram = Scram("sha256", "nonce", b"decoy")
    assert scram.step(b"y,a=b=3Dc,n=a=2Cb,r=abc") == SecretWanted("a,b")
    assert scram.claimed == "a,b"


@given(st.lists(st.one_of(st.none(), st.binary(max_size=100)), max_size=5))
def test_any_responses_end_in_no_login(responses: list[bytes | None]) -> None:
    machines: list[sasl.Mechanism] = [
        sasl.Plain(),
        sasl.Login(),
        sasl.CramMd5(b"<1@here>"),
        sasl.Bearer("OAUTHBEARER"),
        sasl.Bearer("XOAUTH2"),
        Scram("sha256", "nonce", b"decoy"),
        Scram("sha1", "nonce", b"decoy", bindings={"tls-unique": b"x"}, plus=True),
    ]
    for machine in machines:
        for response in responses:
            step = machine.step(response)
            if isinstance(step, SecretWanted):
                assert isinstance(machine, Scram)
                machine.with_secret(None)
            assert not isinstance(step, Proved)
            if isinstance(step, Failed | Credentials | Digest | Token):
                break


@pytest.mark.parametrize("line", [b"===", b"a b", b"YQ", b"YQ==x", b"\xff"])
def test_responses_must_be_base64(line: bytes) -> None:
    with pytest.raises(GrammarError):
        sasl.decode_response(line)


def test_empty_response_is_empty() -> None:
    assert sasl.decode_response(b"") == b""


def exchanged(server: Scram, client: ScramClient, kept: str) -> sasl.Step:
    """Both halves of an exchange, to its end; the account's password is pencil."""
    step = server.step(client.first())
    if not isinstance(step, SecretWanted):
        return step
    iterations, *parts = kept.split(":")
    secret = Kept(int(iterations), *(base64.b64decode(part) for part in parts))
    step = server.step(client.final(server.with_secret(secret).data))
    if isinstance(step, Challenge):
        client.check(step.data)
        return server.step(b"")
    return step


END_POINT = {"tls-server-end-point": b"our certificate"}


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_scram_proves_a_password_by_either_digest(digest: str) -> None:
    client = ScramClient("user", "pencil", digest=digest)
    server = Scram(digest, "nonce", b"decoy")
    assert exchanged(server, client, passwords.scram("pencil", digest)) == Proved("", "user")


def test_a_bound_exchange_needs_the_same_channel() -> None:
    kept = passwords.scram("pencil")
    for data, expected in ((b"our certificate", Proved), (b"a man in the middle", Failed)):
        client = ScramClient("user", "pencil", binding=("tls-server-end-point", data))
        server = Scram("sha256", "nonce", b"decoy", bindings=END_POINT, plus=True)
        assert isinstance(exchanged(server, client, kept), expected)


def test_binding_can_neither_be_left_out_nor_made_up() -> None:
    kept = passwords.scram("pencil")
    plus = Scram("sha256", "nonce", b"decoy", bindings=END_POINT, plus=True)
    assert isinstance(exchanged(plus, ScramClient("user", "pencil"), kept), Failed)
    other = ScramClient("user", "pencil", binding=("tls-exporter", b"x"))
    plus = Scram("sha256", "nonce", b"decoy", bindings=END_POINT, plus=True)
    assert isinstance(exchanged(plus, other, kept), Failed)


def test_a_client_that_was_told_we_cannot_bind_is_warned() -> None:
    """RFC 5802 §6: somebody between us took -PLUS out of what we offered."""
    kept = passwords.scram("pencil")
    client = ScramClient("user", "pencil", flag="y")
    bound = Scram("sha256", "nonce", b"decoy", bindings=END_POINT)
    assert isinstance(exchanged(bound, client, kept), Failed)
    unbound = Scram("sha256", "nonce", b"decoy")
    assert exchanged(unbound, ScramClient("user", "pencil", flag="y"), kept) == Proved("", "user")


def test_an_unknown_name_has_a_salt_for_each_digest() -> None:
    salts = set()
    for digest in ("sha1", "sha256"):
        scram = Scram(digest, "nonce", b"decoy")
        scram.step(b"n,,n=nobody,r=abc")
        salts.add(scram.with_secret(None).data)
    assert len(salts) == 2


def test_cram_md5_follows_the_example_of_its_rfc() -> None:
    cram = sasl.CramMd5(b"<1896.697170952@postoffice.reston.mci.net>")
    assert cram.step(None) == Challenge(b"<1896.697170952@postoffice.reston.mci.net>")
    said = cram.step(b"tim b913a602c7eda7a495b4e6e7334d3890")
    assert isinstance(said, Digest)
    assert sasl.digest_is_right(said, "tanstaaftanstaaf")
    assert not sasl.digest_is_right(said, "tanstaaf")


def test_external_takes_no_name_but_the_certificates() -> None:
    assert sasl.External("a@x.test").step(None) == Challenge(b"")
    assert sasl.External("a@x.test").step(b"") == Proved("", "a@x.test")
    assert sasl.External("a@x.test").step(b"b@x.test") == Proved("b@x.test", "a@x.test")


def test_bearer_tokens_are_found() -> None:
    oauth = b"n,a=user@example.com,\x01host=server\x01port=143\x01auth=Bearer vF9dft4q==\x01\x01"
    bearer = sasl.Bearer("OAUTHBEARER")
    assert bearer.step(oauth) == Token("user@example.com", "vF9dft4q==")
    assert b"invalid_token" in bearer.refused().data
    assert isinstance(bearer.step(b"\x01"), Failed)
    older = b"user=someone@x.test\x01auth=Bearer ya29.vF9\x01\x01"
    assert sasl.Bearer("XOAUTH2").step(older) == Token("someone@x.test", "ya29.vF9")
