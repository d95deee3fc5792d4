"""Key pairs for signature tests, and the records that publish them."""

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailcore.mailauth.sign import SigningKey


@cache
def rsa(bits: int = 2048) -> RSAPrivateKey:
    return generate_private_key(65537, bits)


@cache
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def key_of(domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> SigningKey:
    return SigningKey(domain, selector, key)


def record(key: RSAPrivateKey | Ed25519PrivateKey, more: str = "") -> str:
    """The TXT record of a key, as text."""
    if isinstance(key, RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        kind = "rsa"
    else:
        public, kind = key.public_key().public_bytes_raw(), "ed25519"
    return f"v=DKIM1; k={kind};{more} p={base64.b64encode(public).decode()}"


def quoted(text: str) -> str:
    """A TXT record as a zone file has it: strings of at most 255 octets."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
