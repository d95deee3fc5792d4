"""Private keys at rest: sealed with the deployment's secret, opened in memory only."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from mailcore.errors import ConfigError

RSA_BITS = 2048
PrivateKey = RSAPrivateKey | Ed25519PrivateKey


def generate(kind: str) -> PrivateKey:
    """A new key, `rsa` or `ed25519`."""
    if kind == "ed25519":
        return Ed25519PrivateKey.generate()
    return generate_private_key(public_exponent=65_537, key_size=RSA_BITS)


def public(key: PrivateKey) -> str:
    """The p= of its record.  RFC 6376 §3.6.1, RFC 8463 §4."""
    if isinstance(key, Ed25519PrivateKey):
        data = key.public_key().public_bytes_raw()
    else:
        data = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(data).decode("ascii")


def seal(key: PrivateKey, secret: str) -> str:
    """The key as it is kept."""
    data = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _fernet(secret).encrypt(data).decode("ascii")


def unseal(sealed: str, secret: str) -> PrivateKey:
    """The key again.  Raises ConfigError when it was sealed with another secret."""
    try:
        data = _fernet(secret).decrypt(sealed.encode("ascii"))
        # What we sealed ourselves need not be proved to be prime again, for each key at each start.
        key = load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    except (InvalidToken, ValueError):
        raise ConfigError("the key was sealed with another COURIER_SECRET") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError("not a key that signs mail")
    return key


def _fernet(secret: str) -> Fernet:
    made = HKDF(SHA256(), 32, None, b"courier dkim keys").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(made))
