"""Another IMAP server, as where mail comes from and where it goes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

from mailcore.mailbox import flags
from mailcore.mailbox.render import with_crlf
from mailcore.message import header
from mailcore.migration.mail import remote_names
from mailcore.migration.mail.letters import Letter
from mailcore.migration.mail.remote import Remote
from mailcore.protocol.imap import mailbox_name, responses

_CHUNK = 500
_FACTS = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
_IDENTITY = "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"


class ImapSource:
    """Reads with EXAMINE and BODY.PEEK: nothing changes there.

    `account` is part of what each message is known by, beside folder, UIDVALIDITY and UID.
    """

    def __init__(self, remote: Remote, account: str) -> None:
        self.remote = remote
        self.account = account
        self._names = remote_names.ours(remote.listing())
        self._validity = 0
        self._raw = b""

    def folders(self) -> list[str]:
        return list(self._names)

    def subscribed(self) -> set[str]:
        theirs = self.remote.subscriptions()
        return {name for name, one in self._names.items() if one.name in theirs}

    def open(self, folder: str) -> int:
        self._raw = self._names[folder].raw
        count, self._validity = self.remote.select(self._raw)
        return count

    def letters(self) -> Iterator[Letter]:
        uids = self.remote.uids()
        for start in range(0, len(uids), _CHUNK):
            for found in self.remote.fetch(uids[start : start + _CHUNK], _FACTS):
                yield Letter(
                    self._token(found.uid),
                    found.flags, found.date or 0, found.size or 0, str(found.uid),
                )  # fmt: skip

    def load(self, chosen: Sequence[Letter]) -> Iterator[tuple[Letter, bytes]]:
        letters = {int(one.place): one for one in chosen}
        octets = sum(one.size for one in chosen)
        for found in self.remote.fetch(list(letters), "(UID BODY.PEEK[])", more=2 * octets):
            letter = letters.pop(found.uid, None)
            if letter is not None and found.body is not None:
                yield letter, found.body

    def _token(self, uid: int) -> str:
        text = f"{self.account} {self._raw!r} {self._validity} {uid}"
        return "imap" + blake2b(text.encode(), digest_size=16).hexdigest()


class ImapTarget:
    """What is there already is recognised by Message-ID and date of arrival."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self._prefix, self._delimiter = remote.namespace()
        self._there: Counter[tuple[str, int]] = Counter()
        self._raw = b""
        self._any_keyword = False

    def begin(self, folder: str) -> None:
        name = remote_names.theirs(folder, self._prefix, self._delimiter)
        self._raw = mailbox_name.encode_utf7(name)
        if folder != "INBOX":
            self.remote.create(self._raw)
        self.remote.select(self._raw, writing=True)
        self._any_keyword = self.remote.takes_keywords()
        self._there = Counter()
        uids = self.remote.uids()
        for start in range(0, len(uids), _CHUNK):
            for found in self.remote.fetch(uids[start : start + _CHUNK], _IDENTITY):
                self._there[_message_id(found.body or b""), found.date or 0] += 1

    def has(self, letter: Letter) -> bool:
        key = letter.message_id, letter.date
        if not self._there[key]:
            return False
        self._there[key] -= 1
        return True

    def put(self, letters: Iterable[tuple[Letter, bytes]]) -> None:
        for letter, data in letters:
            kept = [one for one in letter.flags if self._any_keyword or one in flags.SYSTEM]
            date = responses.internal_date(letter.date).decode()
            self.remote.append(self._raw, sorted(kept), date, with_crlf(data))

    def finish(self) -> None:
        """APPEND is durable by itself."""

    def subscribe(self, folders: Iterable[str]) -> None:
        """Each folder was subscribed when it was made."""


def _message_id(head: bytes) -> str:
    found = header.first(header.fields(head), b"message-id") or b""
    return found.decode("latin-1")
