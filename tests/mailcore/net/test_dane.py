"""TLSA records and certificates.  RFC 6698, RFC 7672 §3."""

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailcore.net.dane import Tlsa, is_authentic
from tests.support.authority import Authority


def chain_of(files: tuple[Path, Path]) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(files[0].read_bytes())


def der(chain: list[x509.Certificate]) -> list[bytes]:
    return [each.public_bytes(Encoding.DER) for each in chain]


def record(usage: int, selector: int, matching: int, named: x509.Certificate) -> Tlsa:
    data = (
        named.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if selector
        else named.public_bytes(Encoding.DER)
    )
    if matching:
        data = (hashlib.sha256 if matching == 1 else hashlib.sha512)(data).digest()
    return Tlsa(usage, selector, matching, data)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("usage", [2, 3])
@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_every_usable_kind_of_record_matches(
    authority: Authority, usage: int, selector: int, matching: int
) -> None:
    chain = chain_of(authority.issue("mx.far.test"))
    named = chain[1] if usage == 2 else chain[0]
    one = record(usage, selector, matching, named)
    assert is_authentic(der(chain), [one], ["mx.far.test"])
    stranger = chain_of(Authority(authority.directory, "Other").issue("mx.far.test"))
    assert not is_authentic(der(stranger), [one], ["mx.far.test"])


def test_the_servers_own_key_needs_neither_name_nor_date(authority: Authority) -> None:
    chain = chain_of(authority.issue("other.test", expired=True))
    assert is_authentic(der(chain), [record(3, 1, 1, chain[0])], ["mx.far.test"])


@pytest.mark.parametrize(
    ("name", "expired", "good"),
    [
        ("mx.far.test", False, True), ("*.far.test", False, True), ("far.test", False, True),
        ("other.test", False, False), ("mx.far.test", True, False),
        ("*.test", False, True),  # far.test itself is a reference name
    ],
)  # fmt: skip
def test_an_authoritys_word_needs_a_name_and_a_date(
    authority: Authority, name: str, expired: bool, good: bool
) -> None:
    chain = chain_of(authority.issue(name, expired=expired))
    found = is_authentic(der(chain), [record(2, 0, 1, chain[1])], ["mx.far.test", "far.test"])
    assert found is good


def test_a_whole_authority_in_the_record_need_not_be_sent(authority: Authority) -> None:
    chain = chain_of(authority.issue("mx.far.test"))
    assert is_authentic(der(chain[:1]), [record(2, 0, 0, chain[1])], ["mx.far.test"])
    assert not is_authentic(der(chain[:1]), [record(2, 0, 1, chain[1])], ["mx.far.test"])


def test_an_authority_that_merely_stands_beside_proves_nothing(authority: Authority) -> None:
    named = chain_of(authority.issue("mx.far.test"))[1]
    stranger = chain_of(Authority(authority.directory, "Other").issue("mx.far.test"))
    found = is_authentic(der([*stranger, named]), [record(2, 0, 1, named)], ["mx.far.test"])
    assert not found


@pytest.mark.parametrize(
    "unusable",
    [Tlsa(0, 0, 1, b"x" * 32), Tlsa(1, 1, 1, b"x" * 32), Tlsa(3, 2, 1, b"x" * 32),
     Tlsa(3, 1, 3, b"x"), Tlsa(3, 1, 1, b"short")],
)  # fmt: skip
def test_records_that_mean_nothing_to_mail_are_unusable(unusable: Tlsa) -> None:
    assert not unusable.is_usable


def test_what_is_no_certificate_is_not_authentic() -> None:
    assert not is_authentic([], [Tlsa(3, 0, 0, b"x")], ["a"])
    assert not is_authentic([b"nonsense"], [Tlsa(3, 0, 0, b"nonsense")], ["a"])
