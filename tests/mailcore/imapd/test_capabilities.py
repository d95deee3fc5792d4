"""Which extensions are offered, and how an administrator switches some off."""

import pytest

from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.conf.schema.imap import Imap
from mailcore.errors import ConfigError
from mailcore.imapd import capabilities, dispatch
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]


def test_every_command_of_an_extension_names_one_of_the_table() -> None:
    named = {one.extension for one in dispatch.COMMANDS.values() if one.extension}
    assert named <= capabilities.TABLE.keys()


def test_what_needs_another_goes_with_it() -> None:
    left = capabilities.offered(("condstore",))
    assert "CONDSTORE" not in left
    assert "QRESYNC" not in left
    assert "UIDPLUS" in left


def test_literal_minus_is_offered_only_instead_of_plus() -> None:
    assert b"LITERAL-" not in capabilities.listed(Imap(), early=True)
    assert b"LITERAL-" in capabilities.listed(Imap(extensions_off=("LITERAL+",)), early=True)


def test_only_known_names_can_be_switched_off(transactional_db: object) -> None:
    settings_store.save("imap", {"extensions_off": ("qresync",)}, by="test")
    with pytest.raises(ConfigError):
        settings_store.save("imap", {"extensions_off": ("IMAP4rev1",)}, by="test")


def test_an_extension_switched_off_is_neither_offered_nor_understood(imap: Listeners) -> None:
    settings_store.save("imap", {"extensions_off": ("MOVE", "QRESYNC", "IDLE")}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    names = client.capabilities()
    assert "CONDSTORE" in names
    assert not {"MOVE", "QRESYNC", "IDLE"} & set(names)
    assert "IDLE" not in client.greeting
    client.do("SELECT INBOX")
    assert client.refused("MOVE 1 INBOX.Archive") == "BAD Unknown command."
    assert client.refused("UID MOVE 1 INBOX.Archive") == "BAD Unknown command."
    assert client.refused("IDLE") == "BAD Unknown command."
    assert client.do("ENABLE QRESYNC CONDSTORE")[0] == "* ENABLED CONDSTORE"


def test_it_can_be_switched_off_for_one_account(imap: Listeners) -> None:
    scope = "account:bob@example.com"
    settings_store.save("imap", {"extensions_off": ("MOVE",)}, by="test", scope=scope)
    current.refresh()
    alice = ImapClient(imap["imap"])
    bob = ImapClient(imap["imap"], "bob@example.com", "builder99")
    assert "MOVE" in alice.capabilities()
    assert "MOVE" not in bob.capabilities()
    bob.do("SELECT INBOX")
    assert bob.refused("MOVE 1 INBOX.Archive").startswith("BAD")


def test_without_literal_plus_only_small_literals_come_unasked(imap: Listeners) -> None:
    settings_store.save("imap", {"extensions_off": ("LITERAL+",)}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    assert "LITERAL-" in client.capabilities()
    client.do(b"APPEND INBOX {4096+}\r\n" + b"Subject: x\r\n\r\n".ljust(4096, b"x"))
    last = client.refused(b"APPEND INBOX {4097+}\r\n" + b"x" * 4097)
    assert last.startswith("NO [LIMIT]")
    client.do("NOOP")
    settings_store.save("imap", {"extensions_off": ("LITERAL+", "LITERAL-")}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    assert client.refused("CREATE {7+}\r\nINBOX.x").startswith("NO")


def test_mechanisms_are_what_the_administrator_wants(imap: Listeners) -> None:
    client = ImapClient(imap["imap"], "")
    assert "AUTH=SCRAM-SHA-256" in client.greeting
    assert "AUTH=XOAUTH2" not in client.greeting  # no token back end
    settings_store.save(
        "imap",
        {"auth_mechanisms": ("SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "CRAM-MD5")},
        by="test",
    )
    current.refresh()
    client = ImapClient(imap["imap"], "")
    assert "AUTH=SCRAM-SHA-1" in client.greeting
    assert "AUTH=PLAIN" not in client.greeting
    assert "PLUS" not in client.greeting  # no TLS, nothing to bind to
    assert "CRAM-MD5" not in client.greeting  # no passwords are kept
    assert client.refused("AUTHENTICATE PLAIN").startswith("NO [CANNOT]")
    assert "AUTH=SCRAM-SHA-256-PLUS" in ImapClient(imap["imaps"], "", tls=True).greeting
