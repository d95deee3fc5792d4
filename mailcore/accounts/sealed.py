"""Passwords kept so that the server can read them: for CRAM-MD5, and only if the settings say so.

Sealed with a key made from the installation's secret, which is not in the database.
"""

import base64
import binascii
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailcore.conf.deployment import deployment

_NONCE = 12  # octets
_LABEL = b"courier sealed password"


def seal(password: str) -> str:
    """The sealed form, in base64."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(deployment().secret).encrypt(nonce, password.encode(), _LABEL)
    return base64.b64encode(nonce + sealed).decode()


def opened(sealed: str) -> str:
    """The password in a sealed form; empty when there is none or the key is another."""
    try:
        octets = base64.b64decode(sealed, validate=True)
        plain = _cipher(deployment().secret).decrypt(octets[:_NONCE], octets[_NONCE:], _LABEL)
    except (binascii.Error, InvalidTag, ValueError):
        return ""
    return plain.decode()


@cache
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, _LABEL).derive(secret.encode()))
