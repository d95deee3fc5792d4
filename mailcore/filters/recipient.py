"""Recipients' own filters while the peer waits.  Courier localmailfilter.

At RCPT `rcptfilter` decides whether this sender's mail is wanted: exit 0 accepts it and spares
it content filters, 99 accepts it and asks for them, anything else refuses in the filter's own
words.  After the content `smtpfilter` of those who asked judges the message, each for itself.
"""

import re
import time
from dataclasses import dataclass

from mailcore import log, status
from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.filters import instructions, judging
from mailcore.filters.global_filters import UNAVAILABLE
from mailcore.filters.judging import Case, Judgement
from mailcore.maildrop.host import FilterFailure
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Standing, Verdict
from mailcore.protocol.reply import Reply
from mailcore.routing import dotcourier, router
from mailcore.routing.router import LOCAL, Resolution
from mailcore.status import Status

SENDER, CONTENT = "rcptfilter", "smtpfilter"

_FILTER_IT = 99
_LATER = 75
_DENIED = Reply(571, status.RELAY_DENIED, "Delivery not authorized, message refused.")
_NO_ACCESS = Reply(550, status.RELAY_DENIED, "Access denied.")
_FRESH = 5.0  # seconds in which nobody looks again for the filters of who has none
_MOST_KNOWN = 100_000
_MOST_LINES = 10
_LONGEST = 16_777_216  # octets of a message that a filter is shown
_CODED = re.compile(r"([45][0-9]{2})[ -](?:([45]\.\d{1,3}\.\d{1,3}) )?")

_log = log.get("filters")
_without: dict[str, float] = {}  # who has none, until when we take that for known
_NOBODY = ""  # in the same: nobody has a home


@dataclass(frozen=True, slots=True)
class Question:
    """Who sends to whom, from where."""

    path: Path
    resolution: Resolution
    reverse_path: Path
    peer: Peer
    settings: Snapshot


def has_none(resolution: Resolution, settings: Snapshot) -> bool:
    """Whether nobody need be asked, as far as memory knows; no I/O."""
    if not settings.filters.recipient_filters or not resolution.local:
        return True
    address, now = _asked(resolution, settings), time.monotonic()
    return not address or any(_without.get(each, 0.0) > now for each in (_NOBODY, address))


def consult(question: Question) -> Standing | Reply:
    """What the recipient's filter says of this sender; a refusal is a Reply.  Blocks."""
    address = _asked(question.resolution, question.settings)
    account = directory.account(address) if address else None
    if account is None:
        return Standing.WHITELISTED
    name = _name(SENDER, question.resolution, account)
    try:
        file = judging.find(account.home, name)
        if file is None:
            _remember(account)
            return Standing.WHITELISTED
        case = _case(question, account, b"")
        found = judging.judge(account.home, instructions.load(file), name, case)
    except (FilterFailure, FileNotFoundError) as problem:
        _log.warning("filter.failed", recipient=str(question.path), error=str(problem))
        return UNAVAILABLE
    if found.exit_code == 0:
        return Standing.WHITELISTED
    return Standing.FILTERED if found.exit_code == _FILTER_IT else _reply(found, _DENIED)


def conflict(standing: Standing) -> Reply:
    """What a recipient of `standing` hears in a transaction of the other kind (trap 18)."""
    isnt = "" if standing is Standing.WHITELISTED else "not "
    text = f"You are {isnt}whitelisted by this recipient, please try again later."
    return Reply(412, Status(4, 7, 1), text)


def wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether those who asked for content filters may have their own."""
    return settings.filters.recipient_filters


def check(received: Received) -> Verdict:
    """Ask the content filter of each recipient that has one."""
    refused: dict[int, Reply] = {}
    message: bytes | None = None
    for index, path in enumerate(received.recipients):
        resolution = router.cached(path) or router.resolve(path)
        if resolution.is_list:
            continue
        address = _asked(resolution, received.settings)
        account = directory.account(address) if address else None
        if account is None:
            continue
        question = Question(
            path, resolution, received.reverse_path, received.peer, received.settings
        )
        try:
            name = _name(CONTENT, resolution, account)
            file = judging.find(account.home, name)
            if file is None:
                continue
            message = _message(received) if message is None else message
            case = _case(question, account, message)
            found = judging.judge(account.home, instructions.load(file), name, case)
        except (FilterFailure, FileNotFoundError) as problem:
            _log.warning("filter.failed", recipient=str(path), error=str(problem))
            refused[index] = UNAVAILABLE
            continue
        if found.exit_code:
            refused[index] = _reply(found, _NO_ACCESS)
    return Verdict(refused=refused) if refused else NO_OBJECTION


def forget() -> None:
    """Look again for everybody's filters."""
    _without.clear()


def _asked(resolution: Resolution, settings: Snapshot) -> str:
    """The account whose filter speaks: the recipient's; for a list, who keeps lists' filters."""
    if resolution.is_list:
        return settings.filters.alias_filter_account.lower()
    ends = resolution.destinations
    return ends[0].host if len(ends) == 1 and ends[0].transport == LOCAL else ""


def _name(stem: str, resolution: Resolution, account: AccountValue) -> str:
    """The filter to look for: `rcptfilter`, `rcptfilter-EXT`, `rcptfilter-alias-ADDRESS`."""
    if resolution.is_list:
        return f"{stem}-alias-{resolution.path.key.replace('.', ':').replace('/', ':')}"
    local = resolution.destinations[0].path.local
    name = account.address.rpartition("@")[0]
    extension = dotcourier.extension(local, name, snapshot().queue.extension_separators)
    extension = extension.lower().replace(".", ":").replace("/", ":")[:200]
    return f"{stem}-{extension}" if extension else stem


def _remember(account: AccountValue) -> None:
    """There was no file; an account may have others, for extensions, only with a directory."""
    if (account.home / instructions.DIRECTORY).is_dir():
        return
    if len(_without) >= _MOST_KNOWN:
        _without.clear()
    who = account.address if deployment().homes.is_dir() else _NOBODY
    _without[who] = time.monotonic() + _FRESH


def _case(question: Question, account: AccountValue, message: bytes) -> Case:
    peer = question.peer
    notes = dict(peer.notes)
    sender = str(question.reverse_path)
    environment = {
        **notes,
        "HOME": str(account.home),
        "SENDER": sender,
        "RECIPIENT": str(question.path),
        "DEFAULT": "./Maildir",
        "TCPREMOTEHOST": peer.host,
        "TCPREMOTEIP": peer.address,
    }
    bounces = (notes.get("BOUNCE", ""), notes.get("BLOCK2", notes.get("BOUNCE2", "")))
    return Case(
        message,
        (peer.host, peer.address, sender, *bounces),
        environment,
        float(question.settings.filters.recipient_timeout),
    )


def _message(received: Received) -> bytes:
    """The message so far, with what earlier checks wrote on top of it, and LF."""
    with received.content.open() as stream:
        octets = received.so_far.fields + stream.read(_LONGEST)
    return octets.replace(b"\r\n", b"\n")


def _reply(found: Judgement, otherwise: Reply) -> Reply:
    """A refusal in the filter's words; words without a code of their own have `otherwise`'s."""
    lines = [line.strip() for line in found.text.splitlines() if line.strip()][:_MOST_LINES]
    if not lines:
        return UNAVAILABLE if found.exit_code == _LATER else otherwise
    coded = _CODED.match(lines[0])
    if coded is None:
        plain = UNAVAILABLE if found.exit_code == _LATER else otherwise
        return Reply(plain.code, plain.status, "\n".join(lines))
    told = [_CODED.sub("", line, count=1) for line in lines]
    own = Status.parse(coded[2]) if coded[2] and coded[2][0] == coded[1][0] else None
    why = status.RELAY_DENIED if coded[1][0] == "5" else status.RELAY_DENIED.as_temporary()
    return Reply(int(coded[1]), own or why, "\n".join(told).strip() or otherwise.text)
