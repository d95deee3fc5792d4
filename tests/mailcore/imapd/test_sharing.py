"""What is not shared cannot be reached, named, changed or told from what does not exist."""

from itertools import product
from pathlib import Path

import pytest

from mailcore.accounts import administration, directory
from mailcore.accounts.models import Account
from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.imapd import dispatch
from mailcore.mailbox import access, rights
from mailcore.mailbox.access import Change
from mailcore.mailbox.store import MailStore
from mailcore.maildir import acl
from mailcore.maildir.quota import Quota
from tests.mailcore.imapd.test_connection import logged_in, until
from tests.support.transcript import Connection

Listeners = dict[str, tuple[str, int]]

SECRET = b"Subject: zebra crossing\r\n\r\nzebra\r\n"
TEAM = '"#shared.bob@example com.Team"'
HIDDEN = '"#shared.bob@example com.Private"'
HOSTILE = [
    '"#shared.bob@example com..Private"',
    '"#shared.bob@example com.Team..Private"',
    '"#shared.bob@example com.Team/../.Private"',
    '"#shared.bob@example com./etc"',
    '"#shared.bob@example com.&AAA-"',
    '"#shared.."',
    '"#shared..."',
    '"#shared"',
    '"#shared."',
    '"#shared../../../../etc.passwd"',
    '"#shared.bob@example.com.Private"',
    '"#shared.bob@example com.INBOX.Private"',
    '"#shared.alice@example com"',
    '"#shared.nobody@example com.Private"',
    '"#shared.bob@example com.Linked"',
    '"#SHARED.bob@example com.Private"',
    '"shared.bob@example com.Private"',
    '"#shared.*.Private"',
    '"#shared.bob@example com"',
    HIDDEN,
]
ENDING = (b"LOGOUT", b"STARTTLS", b"IDLE", b"AUTHENTICATE", b"LOGIN", b"COMPRESS")
"""Commands that take no mailbox and after which the connection is another."""

ON_A_MAILBOX = {
    "SELECT": "{0}",
    "EXAMINE": "{0}",
    "CREATE": "{0}.New",
    "DELETE": "{0}",
    "RENAME": "{0} {0}x",
    "STATUS": "{0} (MESSAGES UNSEEN)",
    "APPEND": "{0} {{5+}}\r\nzebr\n",
    "REPLACE": "1 {0} {{5+}}\r\nzebr\n",
    "UID REPLACE": "1 {0} {{5+}}\r\nzebr\n",
    "GETQUOTAROOT": "{0}",
    "SETACL": "{0} alice@example.com lr",
    "DELETEACL": "{0} owner",
    "GETACL": "{0}",
    "LISTRIGHTS": "{0} anyone",
    "MYRIGHTS": "{0}",
    "GETMETADATA": "{0} /shared/comment",
    "SETMETADATA": '{0} (/private/x "1")',
    "COPY": "1 {0}",
    "MOVE": "1 {0}",
    "UID COPY": "1 {0}",
    "UID MOVE": "1 {0}",
}
"""Commands that must refuse such a mailbox, with their arguments."""

MENTIONING = {
    "LIST": '"" {0} RETURN (MYRIGHTS STATUS (MESSAGES))',
    "ESEARCH": "IN (mailboxes {0}) RETURN (ALL) ALL",
}
"""Commands that may pass over it in silence, or name the levels above what is shared."""


@pytest.fixture
def bob(alice: Path, tmp_path: Path) -> Path:
    """The Maildir of bob, who shares INBOX.Team with anyone and nothing else."""
    found = directory.account("bob@example.com")
    assert found is not None
    with MailStore(found.maildir) as store:
        for name in ("INBOX.Team", "INBOX.Private"):
            store.create(name)
            store.folder(name).append(SECRET)
        store.folder("INBOX").append(SECRET)
        access.change(
            store, "INBOX.Team", Change("anyone", frozenset("lr")), owner="bob@example.com"
        )
    elsewhere = tmp_path / "elsewhere"
    for part in ("cur", "new", "tmp"):
        (elsewhere / part).mkdir(parents=True)
    (elsewhere / acl.FILE).write_text("anyone aceilrstwx\n")
    (elsewhere / "new" / "1.zebra.host").write_bytes(SECRET)
    (found.maildir / ".Linked").symlink_to(elsewhere)
    return found.maildir


def contents(maildir: Path) -> dict[str, bytes]:
    """Everything in a Maildir but the index, which reading may bring up to date."""
    return {
        str(path.relative_to(maildir)): path.read_bytes()
        for path in sorted(maildir.rglob("*"))
        if path.is_file() and "courierindex" not in path.parts
    }


def give_alice(options: dict[str, object]) -> None:
    """Set the account's options, as an import does."""
    Account.objects.filter(address="alice@example.com").update(options=options)
    settings_store.advance()
    current.refresh()


def form_of(verb: str, name: str) -> str:
    """A command's arguments for a quoted mailbox name."""
    form = (ON_A_MAILBOX | MENTIONING).get(verb, "{0}").format(name)
    return form.replace('".New', '.New"').replace('"x', 'x"')


def said(client: Connection, command: str) -> list[str]:
    client.send(b"t " + command.encode() + b"\r\n")
    return until(client, "t")


def test_no_command_reaches_a_folder_that_is_not_shared(imap: Listeners, bob: Path) -> None:
    before = contents(bob)
    commands = sorted(verb.decode() for verb in dispatch.COMMANDS if verb not in ENDING)
    client = logged_in(imap["imap"])
    for number, (name, verb) in enumerate(product(HOSTILE, commands)):
        if number % 15 == 0:  # thirty bad commands would end the connection
            client.close()
            client = logged_in(imap["imap"])
        said(client, "SELECT INBOX")
        answer = said(client, f"{verb} {form_of(verb, name)}")
        assert "zebra" not in "".join(answer)
        if verb in ON_A_MAILBOX:
            assert answer[-1].startswith(("t NO", "t BAD")), answer
        if verb in MENTIONING:
            assert all("\\NonExistent" in line for line in answer[:-1]), answer
    assert contents(bob) == before


def test_nobody_can_tell_a_hidden_folder_from_none(imap: Listeners, bob: Path) -> None:
    client = logged_in(imap["imap"])
    nowhere = '"#shared.bob@example com.Nowhere"'
    for verb in ON_A_MAILBOX:
        answers = []
        for name in (HIDDEN, nowhere):
            said(client, "SELECT INBOX")
            answers.append(said(client, f"{verb} {form_of(verb, name)}"))
        if verb != "CREATE":
            assert answers[0] == answers[1]
    listed = said(client, 'LIST "" * RETURN (MYRIGHTS STATUS (MESSAGES))')
    assert not [line for line in listed if "Private" in line or "Linked" in line]
    assert [line for line in listed if "Team" in line and "LIST" in line]


def test_a_message_for_somebody_else_is_not_put_together_from_their_mail(
    imap: Listeners, bob: Path
) -> None:
    acl.write(bob, ".Team", {"owner": "aceilrstwx", "user=alice@example.com": "lrswite"})
    client = logged_in(imap["imap"])
    said(client, f"SELECT {TEAM}")
    for url in ("/INBOX.Private/;UID=1", "/;UID=1", "/INBOX.Team/;UID=1"):
        assert said(client, f'APPEND {TEAM} CATENATE (URL "{url}")')[-1].startswith("t NO [BADURL")
    other = 'APPEND INBOX.Archive CATENATE (URL "/;UID=1")'
    assert said(client, other)[-1].startswith("t NO [BADURL")
    own = f'APPEND {TEAM} CATENATE (URL "/INBOX/;UID=1")'
    assert said(client, own)[-1].startswith("t OK")
    away = "REPLACE 1 INBOX.Archive {5+}\r\nX: 1\n"
    assert said(client, away)[-1].startswith("t NO [CANNOT]")
    here = f"REPLACE 1 {TEAM} {{5+}}\r\nX: 1\n"
    assert said(client, here)[-1].startswith("t OK")


def test_a_folder_without_l_may_be_opened_by_name_but_is_not_listed(
    imap: Listeners, bob: Path
) -> None:
    acl.write(bob, ".Team", {"owner": "aceilrstwx", "user=alice@example.com": "r"})
    client = logged_in(imap["imap"])
    assert "Team" not in "".join(said(client, 'LIST "" *'))
    assert said(client, f"SELECT {TEAM}")[-1].startswith("t OK [READ-ONLY]")


def test_rights_that_another_program_wrote_hold_at_once(imap: Listeners, bob: Path) -> None:
    client = logged_in(imap["imap"])
    assert said(client, f"STATUS {TEAM} (MESSAGES)")[-1].startswith("t OK")
    (bob / ".Team" / acl.FILE).write_text("owner aceilrstwx\nadministrators aceilrstwx\n")
    assert said(client, f"STATUS {TEAM} (MESSAGES)")[-1].startswith("t NO [NONEXISTENT]")
    (bob / ".Team" / acl.FILE).write_text("group=staff lr\n-user=alice@example.com r\n")
    assert said(client, f"STATUS {TEAM} (MESSAGES)")[-1].startswith("t NO [NONEXISTENT]")


def test_groups_and_the_options_of_accounts_count(imap: Listeners, bob: Path) -> None:
    acl.write(bob, ".Team", {"owner": "aceilrstwx", "group=staff": "lr"})
    client = logged_in(imap["imap"])
    assert "Team" not in "".join(said(client, 'LIST "" *'))

    def listed(options: dict[str, object]) -> str:
        give_alice(options)
        return "".join(said(logged_in(imap["imap"]), 'LIST "" *'))

    assert "Team" in listed({"group": "sales staff"})
    assert "Team" not in listed({"group": "staff", "disableshared": True})
    assert "Team" not in listed({"group": "staff", "sharedgroup": "other"})


def test_an_administrator_sees_all_folders_of_the_tree(imap: Listeners, bob: Path) -> None:
    give_alice({"group": "administrators"})
    client = logged_in(imap["imap"])
    assert said(client, f"MYRIGHTS {HIDDEN}")[0].endswith("lrswikxteacd")
    assert said(client, f"SELECT {HIDDEN}")[-1].startswith("t OK [READ-WRITE]")


def test_other_domains_see_nothing_unless_that_is_set(imap: Listeners, bob: Path) -> None:
    administration.add_domain("example.org", by="test")
    administration.add_account("dora@example.org", "explorer1", by="test")
    current.refresh()

    def dora() -> str:
        client = Connection(imap["imap"])
        client.line()
        client.send(b"a LOGIN dora@example.org explorer1\r\n")
        until(client, "a")
        return said(client, f"STATUS {TEAM} (MESSAGES)")[-1]

    assert dora().startswith("t NO [NONEXISTENT]")
    settings_store.save("imap", {"shared_across_domains": True}, by="test")
    current.refresh()
    assert dora().startswith("t OK")


def test_accounts_may_be_written_with_escapes(imap: Listeners, bob: Path) -> None:
    settings_store.save("imap", {"shared_escape_names": True}, by="test")
    current.refresh()
    client = logged_in(imap["imap"])
    name = '"#shared.bob@example\\\\:com.Team"'
    assert said(client, f"STATUS {name} (MESSAGES)") == [
        f"* STATUS {name} (MESSAGES 1)",
        "t OK STATUS completed.",
    ]


def test_what_is_put_into_a_shared_folder_counts_for_its_owner(imap: Listeners, bob: Path) -> None:
    carol = directory.account("carol@example.com")
    assert carol is not None
    assert carol.quota_messages == 5
    with MailStore(carol.maildir) as store:
        store.create("INBOX.Drop")
        wanted = Change("anyone", frozenset("li"))
        access.change(store, "INBOX.Drop", wanted, owner="carol@example.com")
    client = logged_in(imap["imap"])
    said(client, "SELECT INBOX")
    drop = '"#shared.carol@example com.Drop"'
    for _ in range(5):
        assert said(client, f"APPEND {drop} {{5+}}\r\nX: 1\n")[-1].startswith("t OK")
    assert said(client, f"APPEND {drop} {{5+}}\r\nX: 1\n")[-1].startswith("t NO [OVERQUOTA]")
    assert said(client, f"COPY 1:3 {drop}")[-1].startswith("t NO [OVERQUOTA]")
    with MailStore(carol.maildir) as store:
        assert store.folder("INBOX.Drop").summary().exists == 5
        assert store.quota(Quota(0, 5)).messages == 5


def test_a_copy_that_breaks_the_quota_half_way_leaves_nothing(imap: Listeners, bob: Path) -> None:
    carol = directory.account("carol@example.com")
    assert carol is not None
    with MailStore(carol.maildir) as store:
        wanted = Change("anyone", frozenset("li"))
        access.change(store, "INBOX", wanted, owner="carol@example.com")
        for _ in range(3):
            store.folder("INBOX").append(b"X: 1\n")
    client = logged_in(imap["imap"])
    said(client, "SELECT INBOX")
    refused = said(client, 'COPY 1:3 "#shared.carol@example com"')
    assert refused[-1].startswith("t NO [OVERQUOTA]")
    with MailStore(carol.maildir) as store:
        assert store.folder("INBOX").summary().exists == 3


def test_the_tree_can_be_switched_off(imap: Listeners, bob: Path) -> None:
    settings_store.save("imap", {"shared_folders": False}, by="test")
    current.refresh()
    client = logged_in(imap["imap"])
    assert said(client, "NAMESPACE")[0] == '* NAMESPACE (("INBOX." ".")) NIL NIL'
    assert "Team" not in "".join(said(client, 'LIST "" *'))
    assert said(client, f"SELECT {TEAM}")[-1].startswith("t NO [NONEXISTENT]")


def test_a_new_folder_begins_with_the_rights_of_the_one_above(bob: Path) -> None:
    with MailStore(bob) as store:
        store.create("INBOX.Team.Below")
        access.change(store, "INBOX.Team", Change("anyone", rights.NONE), owner="bob@example.com")
        stranger = rights.Who("eve@example.com")
        assert access.rights_at(store, "INBOX.Team", stranger) == rights.NONE
        assert access.rights_at(store, "INBOX.Team.Below", stranger) == frozenset("lr")
