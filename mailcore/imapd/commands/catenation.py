"""Messages made of pieces of others: CATENATE's addresses looked up.  RFC 4469.

Only messages of the same account are found, and only so many octets are read for one command.
"""

from collections.abc import Sequence

from mailcore.errors import GrammarError, StoreError
from mailcore.imapd.refusal import No
from mailcore.imapd.session import folder_of
from mailcore.mailbox import sections
from mailcore.mailbox.changes import View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from mailcore.message import mime
from mailcore.protocol.imap import url
from mailcore.protocol.imap.append_data import Address, Appended
from mailcore.protocol.imap.url import Url

_READ_TIMES = 4
"""How many times the largest message may be read for one command."""


class Assembler:
    """Puts the messages of one command together; `largest` bounds each in octets."""

    def __init__(self, store: MailStore, selected: View | None, largest: int) -> None:
        self.store = store
        self.selected = selected
        self.largest = largest
        self.budget = _READ_TIMES * largest
        self._last: tuple[int, int, bytes] = (0, 0, b"")

    def whole(self, message: Appended) -> bytes:
        """The message.  Raises No with BADURL or TOOBIG."""
        found: list[bytes] = []
        total = 0
        for piece in message.pieces:
            octets = self._resolved(piece.url) if isinstance(piece, Address) else piece
            total += len(octets)
            if total > self.largest:
                raise No("TOOBIG", "The message would be too large.")
            found.append(octets)
        return found[0] if len(found) == 1 else b"".join(found)

    def _resolved(self, text: bytes) -> bytes:
        try:
            return self._octets(url.parse(text))
        except (GrammarError, StoreError):
            raise No(f"BADURL {_shown(text)}", "There is no such piece.") from None

    def _octets(self, address: Url) -> bytes:
        folder = self._folder(address)
        data = self._message(folder, address.uid)
        found = sections.extract(data, mime.scan(data), address.section)
        if found is None:
            raise StoreError("No such part.")
        return found

    def _folder(self, address: Url) -> Folder:
        if address.mailbox:
            folder = self.store.folder(address.mailbox)
        elif self.selected is not None and self.selected.place.is_own:
            folder = folder_of(self.store, self.selected)
        else:
            raise StoreError("No mailbox of this account is selected.")
        if address.uidvalidity and folder.row_now().uidvalidity != address.uidvalidity:
            raise StoreError("The mailbox is another by now.")
        return folder

    def _message(self, folder: Folder, uid: int) -> bytes:
        if self._last[:2] != (folder.id, uid):
            data = folder.read(uid)
            self.budget -= len(data)
            if self.budget < 0:
                raise No("LIMIT", "Too much would have to be read.")
            self._last = (folder.id, uid, data)
        return self._last[2]


def _shown(text: bytes) -> str:
    """An address within the brackets of a response code."""
    kept: Sequence[str] = [chr(octet) for octet in text[:500] if 32 < octet < 127 and octet != 93]
    return "".join(kept)
