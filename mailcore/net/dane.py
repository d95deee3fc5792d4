"""Whether a server's certificates are those its TLSA records name.  RFC 6698, RFC 7672.

Only usages 2 (DANE-TA) and 3 (DANE-EE) mean something to SMTP; RFC 7672 §3.1.3 leaves 0 and 1
unusable.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST_CERTIFICATES = 10


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One TLSA record: `usage`, `selector` (0 certificate, 1 key), `matching` (0 all, 1 and 2
    SHA-2), and the data to compare with."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def is_usable(self) -> bool:
        sizes = {1: 32, 2: 64}
        return (
            self.usage in (2, 3)
            and self.selector in (0, 1)
            and self.matching in (0, 1, 2)
            and len(self.data) == sizes.get(self.matching, len(self.data))
        )


def is_authentic(chain: Sequence[bytes], records: Sequence[Tlsa], names: Sequence[str]) -> bool:
    """Whether `chain` (DER, the server's own first) satisfies any usable record.

    DANE-EE compares the server's certificate or key, and nothing else counts, neither names nor
    dates (RFC 7672 §3.1.1).  DANE-TA wants a chain of good signatures and dates up to the named
    authority, and one of `names` in the server's certificate (§3.1.2, §3.2.2).
    """
    try:
        found = [x509.load_der_x509_certificate(der) for der in chain[:MOST_CERTIFICATES]]
    except ValueError:
        return False
    if not found:
        return False
    usable = [record for record in records if record.is_usable]
    if any(record.usage == 3 and _is_named(found[0], record) for record in usable):
        return True
    authorities = [record for record in usable if record.usage == 2]
    return bool(authorities) and _leads_to(_with_given(found, authorities), authorities, names)


def _with_given(chain: list[x509.Certificate], records: Sequence[Tlsa]) -> list[x509.Certificate]:
    """The chain, and whole authorities that only the records have."""
    given = []
    for record in records:
        if record.selector == 0 and record.matching == 0:
            try:
                given.append(x509.load_der_x509_certificate(record.data))
            except ValueError:
                continue
    return chain + [each for each in given if each not in chain]


def _leads_to(chain: list[x509.Certificate], records: Sequence[Tlsa], names: Sequence[str]) -> bool:
    """Walk from the server's certificate, issuer by issuer, until one is named by a record."""
    leaf, others = chain[0], chain[1:]
    if not _is_current(leaf) or not any(_bears(leaf, name) for name in names):
        return False
    current = leaf
    for _ in range(MOST_CERTIFICATES):
        issuer = next((each for each in others if _issued(each, current)), None)
        if issuer is None:
            return False
        if any(_is_named(issuer, record) for record in records):
            return True
        others = [each for each in others if each is not issuer]
        current = issuer
    return False


def _is_named(certificate: x509.Certificate, record: Tlsa) -> bool:
    if record.selector == 0:
        data = certificate.public_bytes(Encoding.DER)
    else:
        data = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    if record.matching:
        data = hashlib.new("sha256" if record.matching == 1 else "sha512", data).digest()
    return hmac.compare_digest(data, record.data)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return limits.ca and _is_current(issuer)


def _is_current(certificate: x509.Certificate) -> bool:
    now = datetime.now(UTC)
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _bears(certificate: x509.Certificate, name: str) -> bool:
    """A wildcard stands for one whole leftmost label.  RFC 6125 §6.4.3."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return False
    wanted = name.lower().rstrip(".")
    return any(
        wanted == each or (each.startswith("*.") and wanted.partition(".")[2] == each[2:])
        for each in (one.lower() for one in found.value.get_values_for_type(x509.DNSName))
    )
