"""Look at instructions before mail does: what each line will do, and what stands against it."""

from dataclasses import dataclass

from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.errors import TemporaryFailure
from mailcore.routing import dotcourier, homes
from mailcore.routing.dotcourier import Dynamic, Forward, Instruction, IntoFile, Program
from mailcore.transports.local import built_in, files


@dataclass(frozen=True, slots=True)
class Remark:
    """What one line does, in words; `problem` is why it will not, as things are.

    `is_wrong`: no setting would change that.
    """

    line: int
    does: str
    problem: str = ""
    is_wrong: bool = False


def check(account: AccountValue, text: bytes) -> list[Remark]:
    """A remark on each instruction; none for a file of comments.

    Makes the account's home.  Raises GrammarError, with the line, and OSError.
    """
    wanted = dotcourier.parse(text, account.domain)
    homes.make(account)
    return [_remark(account, each) for each in wanted]


def _remark(account: AccountValue, wanted: Instruction) -> Remark:
    if isinstance(wanted, IntoFile):
        return _into_file(account, wanted)
    if isinstance(wanted, Forward):
        return Remark(wanted.line, "forward to " + ", ".join(map(str, wanted.addresses)))
    return _program(account, wanted)


def _into_file(account: AccountValue, wanted: IntoFile) -> Remark:
    if wanted.path == files.NOWHERE:
        return Remark(wanted.line, "throw away")
    try:
        found = files.place(account, wanted.path)
    except TemporaryFailure as refused:
        return Remark(wanted.line, f"put into {wanted.path}", refused.text, is_wrong=True)
    if found.folder:
        return Remark(wanted.line, f"put into the folder {found.folder}")
    kind = "Maildir" if found.path.is_dir() else "mbox file"
    return Remark(wanted.line, f"put into the {kind} {wanted.path}")


def _program(account: AccountValue, wanted: Program | Dynamic) -> Remark:
    settings = snapshot().for_mail("", account.address).local
    command, does = wanted.command, f"run {wanted.command}"
    needs_programs = True
    if isinstance(wanted, Program) and built_in.maildrop(command):
        does, needs_programs = "do what .mailfilter says, or put into the folder INBOX", False
    elif isinstance(wanted, Dynamic):
        if built_in.dotforward(command):
            does, needs_programs = "do what .forward says", False
        else:
            does += " and do what it prints"
        if not settings.dynamic:
            return Remark(wanted.line, does, "local.dynamic is off: mail will be returned.")
    if needs_programs and not settings.programs:
        return Remark(wanted.line, does, "local.programs is off: mail will wait.")
    return Remark(wanted.line, does)
