"""The client's half of SCRAM-SHA-256.  RFC 5802."""

import base64
import hashlib
import hmac
import re


class ScramClient:
    """`first()` → server-first → `final(...)` → server-final → `check(...)`."""

    def __init__(self, name: str, password: str) -> None:
        self.password = password
        self.bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r=rOprNGfwEbeRWgbNEkqO"

    def first(self) -> bytes:
        return f"n,,{self.bare}".encode()

    def final(self, server_first: bytes) -> bytes:
        text = server_first.decode()
        found = re.fullmatch(r"r=([^,]*),s=([^,]*),i=(\d+)", text)
        assert found
        salted = hashlib.pbkdf2_hmac(
            "sha256", self.password.encode(), base64.b64decode(found[2]), int(found[3])
        )
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        unproved = f"c=biws,r={found[1]}"
        signed = f"{self.bare},{text},{unproved}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = bytes(left ^ right for left, right in zip(client_key, signature, strict=True))
        self.expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        return f"{unproved},p={base64.b64encode(proof).decode()}".encode()

    def check(self, server_final: bytes) -> None:
        """The server knows the password too."""
        assert server_final == b"v=" + base64.b64encode(self.expected)
