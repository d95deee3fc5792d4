"""The fields of ID: what a client or a server says of itself.  RFC 2971 §3.3."""

from mailcore.protocol.imap.lexer import Arguments

MOST_FIELDS = 30


def fields(arguments: Arguments) -> dict[str, str]:
    """`NIL` or `(name value …)`, names in lower case; a value of NIL is empty.

    Raises GrammarError.
    """
    found: dict[str, str] = {}
    if arguments.peek() != b"(":
        if arguments.keyword() != b"NIL":
            raise arguments.fail()
        return found
    arguments.open()
    arguments.skip(b" ")  # aioimaplib puts spaces inside the parentheses
    while not arguments.skip(b")"):
        if found:
            arguments.space()
            if arguments.skip(b")"):
                break
        if len(found) >= MOST_FIELDS:
            raise arguments.fail("Too many fields.")
        name = arguments.string().decode("utf-8", "replace").lower()
        arguments.space()
        found[name] = _value(arguments)
    return found


def _value(arguments: Arguments) -> str:
    if arguments.peek() in (b'"', b"{"):
        return arguments.string().decode("utf-8", "replace")
    if arguments.keyword() != b"NIL":
        raise arguments.fail()
    return ""
