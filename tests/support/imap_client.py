"""A client for tests that speaks IMAP by hand and remembers nothing."""

import re

from tests.support.transcript import Connection


class ImapClient:
    """One connection; tags count up by themselves."""

    def __init__(
        self,
        address: tuple[str, int],
        name: str = "alice@example.com",
        password: str = "wonderland",
        *,
        tls: bool = False,
        source: str = "127.0.0.1",
    ) -> None:
        self.wire = Connection(address, tls=tls, source=source)
        self.greeting = self.wire.line()
        self.number = 0
        if name:
            self.do(f"LOGIN {name} {password}")

    def send(self, text: str | bytes) -> str:
        """Send a command without waiting; its tag."""
        self.number += 1
        tag = f"t{self.number}"
        data = text.encode() if isinstance(text, str) else text
        self.wire.send(tag.encode() + b" " + data + b"\r\n")
        return tag

    def until(self, tag: str) -> list[str]:
        """The lines up to and with the tagged one."""
        lines = [self.wire.line()]
        while not lines[-1].startswith(tag + " "):
            assert lines[-1] != "<closed>", lines
            lines.append(self.wire.line())
        return lines

    def ask(self, text: str | bytes) -> list[str]:
        """A command's answer, the tag taken off its last line."""
        tag = self.send(text)
        lines = self.until(tag)
        lines[-1] = lines[-1].removeprefix(tag + " ")
        return lines

    def do(self, text: str | bytes) -> list[str]:
        """The answer of a command that must succeed."""
        lines = self.ask(text)
        assert lines[-1].startswith("OK"), lines
        return lines

    def refused(self, text: str | bytes) -> str:
        """The last line of a command that must not."""
        lines = self.ask(text)
        assert not lines[-1].startswith("OK"), lines
        return lines[-1]

    def capabilities(self) -> list[str]:
        return self.do("CAPABILITY")[0].split()[2:]

    def close(self) -> None:
        self.wire.close()


def code(lines: list[str], name: str) -> str:
    """What a response code says: `code(lines, "UIDVALIDITY")`."""
    for line in lines:
        found = re.search(rf"\[{name} ([^\]]*)\]", line)
        if found:
            return found[1]
    raise AssertionError(f"no {name} in {lines}")
