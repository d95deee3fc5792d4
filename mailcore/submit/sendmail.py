"""What `sendmail` means: its options, and a message on standard input.  Courier sendmail.

It always reads to the end of input and always behaves as `-oi -t`: a lone dot is text, and
recipients come from the header unless the command line names any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailcore.conf.values import duration
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Notify, Path, Ret, Source
from mailcore.errors import GrammarError
from mailcore.message import address_list, header, rewrite
from mailcore.message.address_list import Mailbox
from mailcore.protocol.smtp.client import normal_lines
from mailcore.submit import addressees

_WITH_VALUE = {"f": "sender", "r": "sender", "F": "name", "N": "notify", "R": "ret", "V": "envid",
               "S": "security"}  # fmt: skip
_VALUE_IGNORED = "oBhpLXCdOA"
_IGNORED = "tinvUmGiqes"


@dataclass(frozen=True, slots=True)
class Options:
    """A sendmail command line."""

    sender: str = ""
    name: str = ""
    notify: str = ""
    ret: str = ""
    envid: str = ""
    security: str = ""
    verp: bool = False
    dry_run: bool = False
    only_bcc: bool = False
    delay: int = 0  # seconds before the first attempt
    recipients: tuple[str, ...] = ()


def parse_options(arguments: Sequence[str]) -> Options:
    """Read a command line.  Raises GrammarError for what we can't do, `-bs` for instance."""
    values: dict[str, str] = {}
    flags: dict[str, bool] = {}
    delay = 0
    recipients: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "--":
            recipients += left
            break
        if not word.startswith("-") or word == "-":
            recipients.append(word)
        elif word in ("-verp", "-bcc", "-n"):
            flags[{"-verp": "verp", "-bcc": "only_bcc", "-n": "dry_run"}[word]] = True
        elif word.startswith("-delay="):
            delay = _delay(word.removeprefix("-delay="))
        else:
            _option(word, left, values)
    return Options(**values, **flags, delay=delay, recipients=tuple(recipients))  # type: ignore[arg-type]  # two dicts


def _delay(text: str) -> int:
    try:
        return duration(text)
    except ValueError:
        raise GrammarError("-delay takes a time such as 10m or 2h") from None


def _option(word: str, left: list[str], values: dict[str, str]) -> None:
    letter, value = word[1], word[2:]
    if letter in _WITH_VALUE:
        if not value:
            if not left:
                raise GrammarError(f"-{letter} needs a value")
            value = left.pop(0)
        values[_WITH_VALUE[letter]] = value
    elif letter in _VALUE_IGNORED:
        if not value and left and letter != "d":
            left.pop(0)
    elif letter == "b":
        if value != "m":
            raise GrammarError(f"-b{value} is not supported: use the submission port")
    elif letter not in _IGNORED:
        raise GrammarError(f"unknown option -{letter}")


@dataclass(frozen=True, slots=True)
class Submission:
    """A message as it is to be accepted."""

    envelope: Envelope
    data: bytes = field(repr=False)


def compose(
    options: Options, data: bytes, environment: Mapping[str, str], default_domain: str
) -> Submission:
    """Envelope and message from options, input and environment.

    Raises GrammarError: no recipients, or an address that is none.
    """
    data = normal_lines(data)
    block, body = header.split(data)
    if not block.endswith(b"\n"):
        block += b"\r\n"
    sender = _sender(options, environment, default_domain)
    named = addressees.named(block, only_bcc=options.only_bcc)
    written = options.recipients or tuple(box.address for box in named if box.address)
    recipients = tuple(_recipient(each, options, default_domain) for each in written)
    if not recipients:
        raise GrammarError("no recipients")
    if not options.recipients:
        block = addressees.without_bcc(block)
    block = _with_from(block, sender, options, environment)
    envelope = Envelope(
        reverse_path=sender,
        recipients=recipients,
        source=Source.LOCAL,
        body=Body.SEVENBIT if data.isascii() else Body.EIGHTBIT,
        smtputf8=not block.isascii() or not all(str(each.path).isascii() for each in recipients),
        ret=_ret(options.ret),
        envid=options.envid,
        verp=options.verp,
        minimum_security=options.security.upper() if options.security.upper() != "NONE" else "",
    )
    return Submission(envelope, block + b"\r\n" + data[body:])


def _sender(options: Options, environment: Mapping[str, str], default_domain: str) -> Path:
    """-f, or who runs this.  `-f ""` and `-f "<>"` are the null path."""
    if options.sender in ("<>", ""):
        user = _first(environment, "MAILSUSER", "MAILUSER", "LOGNAME", "LOGUSER", "USER") or "root"
        host = _first(environment, "MAILSHOST", "MAILHOST") or default_domain
        return Path("", "") if options.sender == "<>" else Path(user, host.lower())
    return _path(options.sender, default_domain)


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def _path(text: str, default_domain: str) -> Path:
    text = text.strip().removeprefix("<").removesuffix(">")
    return Path.of(text if "@" in text else f"{text}@{default_domain}")


def _recipient(text: str, options: Options, default_domain: str) -> EnvelopeRecipient:
    return EnvelopeRecipient(_path(text, default_domain), _notify(options.notify))


def _notify(text: str) -> frozenset[Notify]:
    try:
        return frozenset(Notify("FAILURE" if word == "FAIL" else word)
                         for word in text.upper().replace(" ", "").split(",") if word)  # fmt: skip
    except ValueError:
        raise GrammarError("-N takes success, fail, delay or never") from None


def _ret(text: str) -> Ret:
    try:
        return Ret(text.upper())
    except ValueError:
        raise GrammarError("-R takes full or hdrs") from None


def _with_from(
    block: bytes, sender: Path, options: Options, environment: Mapping[str, str]
) -> bytes:
    """Build a missing From:; MAILUSER, MAILHOST and the name overrule one that is there."""
    name = options.name or _first(environment, "MAILNAME", "NAME")
    user, host = environment.get("MAILUSER", ""), environment.get("MAILHOST", "")
    if rewrite.missing(block.lower(), b"from"):
        box = Mailbox(name, user or sender.local or "root", host or sender.domain)
        return block + header.fold(b"From", address_list.format([box]))
    if not (options.name or environment.get("MAILNAME") or user or host):
        return block
    for each in header.fields(block):
        if each.name == b"from":
            boxes = [
                replace(box, name=name or box.name, local=user or box.local,
                        domain=host or box.domain)
                for box in address_list.mailboxes(each.value)
            ]  # fmt: skip
            written = header.fold(b"From", address_list.format(boxes))
            return block[: each.start] + written + block[each.end :]
    return block
