"""What was said in an attempt, for the record: commands and replies, no content, no secrets."""

from collections.abc import Sequence

MOST = 8_192  # octets kept of one message's attempt


class Transcript:
    """Lines `> command`, `< reply`, `* note`; what is beyond MOST is left out, and that is said.

    Kept as bytes until somebody wants them: most attempts succeed and nobody does.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[str, bytes]] = []
        self._length = 0

    def note(self, text: str) -> None:
        self._add("* ", text.encode("utf-8", "replace"))

    def said(self, data: bytes) -> None:
        self._add("> ", data)

    def heard(self, lines: Sequence[bytes]) -> None:
        self._add("< ", b"".join(lines))

    def take(self) -> str:
        """Everything since the last time."""
        lines = [
            mark + line
            for mark, data in self._parts
            for line in data.decode("utf-8", "replace").splitlines()
        ]
        self.forget()
        return "\n".join(lines)

    def forget(self) -> None:
        """Nobody wants what was said so far."""
        self._parts, self._length = [], 0

    def _add(self, mark: str, data: bytes) -> None:
        if self._length > MOST:
            return
        self._length += len(data)
        self._parts.append((mark, data) if self._length <= MOST else ("* ", "…".encode()))
