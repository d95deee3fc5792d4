"""What was said in an attempt, for the record: commands and replies, no content, no secrets."""

from collections.abc import Sequence

MOST = 8_192  # characters kept of one message's attempt


class Transcript:
    """Lines `> command`, `< reply`, `* note`; what is beyond MOST is left out, and that is said."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0

    def note(self, text: str) -> None:
        self._add("* ", text)

    def said(self, data: bytes) -> None:
        for line in data.decode("utf-8", "replace").splitlines():
            self._add("> ", line)

    def heard(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._add("< ", line.decode("utf-8", "replace").rstrip("\r\n"))

    def take(self) -> str:
        """Everything since the last time."""
        text = "\n".join(self._lines)
        self._lines, self._length = [], 0
        return text

    def _add(self, mark: str, text: str) -> None:
        if self._length > MOST:
            return
        self._length += len(text) + 3
        self._lines.append(mark + text if self._length <= MOST else "* …")
