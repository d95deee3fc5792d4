"""The client's half of SCRAM, with and without channel binding.  RFC 5802."""

import base64
import hashlib
import hmac
import re


class ScramClient:
    """`first()` → server-first → `final(...)` → server-final → `check(...)`.

    `binding` is the channel's (type, data); `flag` is what the client says without one: n, or y
    for "I could, but you don't seem to".
    """

    def __init__(
        self,
        name: str,
        password: str,
        *,
        digest: str = "sha256",
        binding: tuple[str, bytes] | None = None,
        flag: str = "n",
    ) -> None:
        self.password = password
        self.digest = digest
        self.bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r=rOprNGfwEbeRWgbNEkqO"
        self.header = (f"p={binding[0]},," if binding else f"{flag},,").encode()
        self.bound = self.header + (binding[1] if binding else b"")

    def first(self) -> bytes:
        return self.header + self.bare.encode()

    def final(self, server_first: bytes) -> bytes:
        text = server_first.decode()
        found = re.fullmatch(r"r=([^,]*),s=([^,]*),i=(\d+)", text)
        assert found
        salted = hashlib.pbkdf2_hmac(
            self.digest, self.password.encode(), base64.b64decode(found[2]), int(found[3])
        )
        client_key = hmac.digest(salted, b"Client Key", self.digest)
        unproved = f"c={base64.b64encode(self.bound).decode()},r={found[1]}"
        signed = f"{self.bare},{text},{unproved}".encode()
        stored = hashlib.new(self.digest, client_key).digest()
        signature = hmac.digest(stored, signed, self.digest)
        proof = bytes(left ^ right for left, right in zip(client_key, signature, strict=True))
        server_key = hmac.digest(salted, b"Server Key", self.digest)
        self.expected = hmac.digest(server_key, signed, self.digest)
        return f"{unproved},p={base64.b64encode(proof).decode()}".encode()

    def check(self, server_final: bytes) -> None:
        """The server knows the password too."""
        assert server_final == b"v=" + base64.b64encode(self.expected)
