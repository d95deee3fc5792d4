"""SCRAM, server side, with and without channel binding.  RFC 5802, RFC 7677, RFC 5929."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from mailcore.errors import GrammarError
from mailcore.protocol.sasl import (
    LONGEST,
    Challenge,
    Failed,
    Proved,
    Secret,
    SecretWanted,
    Step,
    saslname,
)

DIGESTS = {"sha1": "SHA-1", "sha256": "SHA-256"}

_CLIENT_FIRST = re.compile(
    r"(?P<gs2>(?P<binding>[ny]|p=[^,]*),(?:a=(?P<authzid>[^,]*))?,)"
    r"(?P<bare>n=(?P<name>[^,]*),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]{1,256})(?:,.*)?)"
)
_CLIENT_FINAL = re.compile(
    r"(?P<unproved>c=(?P<binding>[A-Za-z0-9+/=]*),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[^p].*)?)"
    r",p=(?P<proof>[A-Za-z0-9+/=]+)"
)


class Scram:
    """One exchange of SCRAM-SHA-1 or SCRAM-SHA-256; of the -PLUS kind if `plus`.

    `nonce` is fresh randomness in printable ASCII.  `decoy` is a secret of the server from which
    an unknown name gets a salt of its own, so that a stranger can't tell which names exist.
    `bindings` are the channel bindings of the connection that are offered (type → data): a
    client that says it could bind, but thinks that we can't, has been lied to on the way.
    """

    def __init__(
        self,
        digest: str,
        nonce: str,
        decoy: bytes,
        *,
        decoy_iterations: int = 4096,
        bindings: Mapping[str, bytes] | None = None,
        plus: bool = False,
    ) -> None:
        self.digest = digest
        self.name = f"SCRAM-{DIGESTS[digest]}{'-PLUS' if plus else ''}"
        self._plus = plus
        self._bindings = bindings or {}
        self._nonce = nonce
        self._decoy = decoy
        self._decoy_iterations = decoy_iterations
        self._gs2 = b""
        self._bare = ""
        self._server_first = ""
        self._name = ""
        self._authzid = ""
        self._secret: Secret | None = None
        self._proved = False

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        if self._proved:
            return Proved(self._authzid, self._name) if not response else Failed("trailing data")
        try:
            text = response[: LONGEST + 1].decode("utf-8")
        except UnicodeDecodeError:
            return Failed("SCRAM message is not UTF-8")
        if len(response) > LONGEST:
            return Failed("SCRAM message too long")
        return self._final(text) if self._server_first else self._first(text)

    @property
    def claimed(self) -> str:
        """The name the client gave, once it has."""
        return self._name

    def _first(self, text: str) -> Step:
        found = _CLIENT_FIRST.fullmatch(text)
        if found is None or self._gs2:
            return Failed("malformed SCRAM client-first-message")
        flag, _, kind = found["binding"].partition("=")
        problem = self._misbound(flag, kind)
        if problem:
            return Failed(problem)
        try:
            self._name = saslname(found["name"])
            self._authzid = saslname(found["authzid"] or "")
        except GrammarError:
            return Failed("malformed SCRAM name")
        self._gs2 = found["gs2"].encode() + self._bindings.get(kind, b"")
        self._bare = found["bare"]
        self._nonce = found["nonce"] + self._nonce
        return SecretWanted(self._name)

    def _misbound(self, flag: str, kind: str) -> str:
        """What is wrong with the client's idea of channel binding.  RFC 5802 §6."""
        if flag == "p":
            if not self._plus:
                return "SCRAM channel binding is not offered"
            return "" if kind in self._bindings else "unknown SCRAM channel binding"
        if self._plus:
            return "SCRAM channel binding is missing"
        if flag == "y" and self._bindings:
            return "SCRAM channel binding was stripped from our offer"
        return ""

    def with_secret(self, secret: Secret | None, account: str = "") -> Challenge:
        """Go on with the secret of the name asked for; None: it has none.

        `account` is the name as accounts are called: two spellings of an unknown name must
        get one salt, as two spellings of a known one do.
        """
        self._secret = secret
        if secret is None:
            name = account or self._name
            # Each mechanism has a salt of its own, as it has for names that exist.
            seed = name if self.digest == "sha256" else f"{self.digest}\0{name}"
            salt = hmac.digest(self._decoy, seed.encode(), "sha256")[:16]
            iterations = self._decoy_iterations
        else:
            salt, iterations = secret.salt, secret.iterations
        self._server_first = f"r={self._nonce},s={base64.b64encode(salt).decode()},i={iterations}"
        return Challenge(self._server_first.encode())

    def _final(self, text: str) -> Step:
        found = _CLIENT_FINAL.fullmatch(text)
        if found is None:
            return Failed("malformed SCRAM client-final-message")
        # The flag and, bound, the channel's own data; a relay in between has another channel.
        if found["binding"] != base64.b64encode(self._gs2).decode():
            return Failed("SCRAM channel binding differs")
        if not hmac.compare_digest(found["nonce"].encode(), self._nonce.encode()):
            return Failed("SCRAM nonce differs")
        if self._secret is None:
            return Failed("no SCRAM secret")
        signed = f"{self._bare},{self._server_first},{found['unproved']}".encode()
        signature = hmac.digest(self._secret.stored_key, signed, self.digest)
        try:
            proof = binascii.a2b_base64(found["proof"], strict_mode=True)
        except binascii.Error:
            return Failed("malformed SCRAM proof")
        key = bytes(left ^ right for left, right in zip(proof, signature, strict=False))
        if len(proof) != len(signature) or not hmac.compare_digest(
            hashlib.new(self.digest, key, usedforsecurity=False).digest(), self._secret.stored_key
        ):
            return Failed("wrong password")
        self._proved = True
        final = hmac.digest(self._secret.server_key, signed, self.digest)
        return Challenge(b"v=" + base64.b64encode(final))
