"""A whole /etc/courier: what is understood, what is told, and that it then holds."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from mailcore.accounts import administration
from mailcore.accounts.models import Alias, Domain
from mailcore.accounts.undo import undo
from mailcore.conf import current, store
from mailcore.conf.schema.registry import SETTINGS
from mailcore.envelope import Path as Address
from mailcore.errors import ConfigError
from mailcore.migration import apply, read
from mailcore.migration.names import counterparts
from mailcore.migration.plan import Plan, Verdict
from mailcore.policy import access
from mailcore.routing import router
from mailcore.smtpd import listeners
from mailcore.transports.esmtp import routes

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def plan(old: Path) -> Plan:
    return read.plan(old / "etc/courier", None, old, "mail.example.com", "")


def told(made: Plan, verdict: Verdict) -> dict[str, str]:
    """Place → reason."""
    return {str(note.where): note.text for note in made.notes if note.verdict is verdict}


def setting(made: Plan, path: str, scope: str = "") -> Any:
    return made.settings[scope, path]


def test_one_line_files_become_the_settings_that_name_them(old: Path) -> None:
    made = plan(old)
    assert setting(made, "general.me") == "mail.example.com"
    assert setting(made, "general.default_domain") == "example.com"
    assert setting(made, "esmtp.size_limit") == 20_000_000
    assert setting(made, "queue.expire_after") == 3 * 86_400
    assert setting(made, "queue.retry_alpha") == 600
    assert setting(made, "queue.extension_separators") == "-+"
    assert setting(made, "esmtp.greeting") == "at your service"
    assert setting(made, "queue.source_ipv4") == ""


def test_shell_files_are_read_and_never_run(old: Path) -> None:
    made = plan(old)
    assert setting(made, "esmtp.max_connections") == 80
    assert setting(made, "esmtp.tarpit") is True
    assert setting(made, "esmtp.auth_mechanisms")[:2] == ("PLAIN", "LOGIN")
    assert setting(made, "queue.block_backscatter") == ("smtp", "authsmtp")
    unread = told(made, Verdict.UNREAD)
    assert unread["esmtpd:32"] == "a command would have to be run"
    assert unread["courierd:3"] == "not NAME=value"
    assert told(made, Verdict.MISSING)["esmtpd:30"] == "this mechanism is not offered here"


def test_the_submission_server_says_only_what_is_different(old: Path) -> None:
    made = plan(old)
    assert setting(made, "esmtp.tarpit", "listener:submission") is False
    assert told(made, Verdict.NOTHING)["esmtpd-msa:6"].startswith("one setting holds")


def test_the_bofh_file_does_not_override_the_environment(old: Path) -> None:
    made = plan(old)
    assert setting(made, "policy.check_helo") == 2
    assert setting(made, "esmtp.tarpit") is True
    assert told(made, Verdict.NOTHING)["bofh:10"] == "esmtpd:10 says it already"
    assert setting(made, "esmtp.max_recipients") == 50
    assert setting(made, "policy.max_recipients_hard") is True
    assert setting(made, "esmtp.bad_senders") == ("spammer@bad.test", "@.junk.test")
    assert told(made, Verdict.UNREAD)["bofh:12"] == "no rule of a bofh file"


def test_dns_lists_keep_their_order_and_texts(old: Path) -> None:
    lists = setting(plan(old), "policy.dns_lists")
    assert lists == (
        "-allow=list.dnswl.test",
        "-block=zen.spam.test,BLOCK/127.0.0.2,550 Listed.",
        "-block=grey.test,BLOCK2",
    )


def test_aliases_are_completed_included_and_told_where_they_make_no_sense(old: Path) -> None:
    made = plan(old)
    assert made.aliases["sales@example.com"] == (
        "alice@example.com",
        "bob@example.com",
        "carol@elsewhere.test",
    )
    assert made.aliases["sales@mail.example.com"] == made.aliases["sales@example.com"]
    assert made.aliases["everybody@example.com"] == ("alice@example.com", "bob@example.com")
    assert made.aliases["ticket@example.com"] == ("alice@example.com",)
    assert made.aliases["@virtual.example"] == ("dave@example.com",)
    assert "archive@example.com" not in made.aliases
    assert setting(made, "general.postmaster") == "alice@example.com"
    unread = told(made, Verdict.UNREAD)
    assert unread["aliases/people:6"] == "there is no such file"
    assert unread["aliases/people:11"] == "no name: member, …"
    assert told(made, Verdict.MISSING)["aliases/people:7"] == "mail is not handed to programs yet"


def test_domains_come_from_three_files_and_wildcards_need_a_decision(old: Path) -> None:
    made = plan(old)
    assert set(made.domains) == {
        "mail.example.com",
        "example.com",
        "hosted.example",
        "shop.example",
        "virtual.example",
    }
    decide = told(made, Verdict.DECIDE)
    assert "no wildcards" in decide["locals:4"]
    assert "no wildcards" in decide["hosteddomains/main:3"]
    assert "aliases to hosted.example" in decide["hosteddomains/main:2"]
    assert setting(made, "esmtp.relay_to") == ("secondary.example",)


def test_what_a_package_manager_left_and_what_nobody_knows_is_told(old: Path) -> None:
    unread = told(plan(old), Verdict.UNREAD)
    assert "package manager" in unread["smtpaccess/default.dpkg-old"]
    assert "no file of Courier's" in unread["mystery"]
    assert "smtpaccess/default~" not in unread


def test_a_domains_own_settings_go_to_its_scope(old: Path) -> None:
    made = plan(old)
    assert setting(made, "queue.helo", "domain:hosted.example") == "out.hosted.example"


def test_an_address_of_its_own_is_a_listener_with_its_settings(old: Path) -> None:
    made = plan(old)
    listeners.check(setting(made, "access.listeners"))
    assert "vhost-192.0.2.10 smtp 192.0.2.10" in setting(made, "access.listeners")
    scope = "listener:vhost-192.0.2.10-submission"
    assert setting(made, "queue.source_ipv4", scope) == "192.0.2.10"


def test_the_clients_authorities_bring_mta_sts_and_the_servers_need_a_decision(old: Path) -> None:
    tree = old / "etc/courier"
    made = plan(old)
    assert setting(made, "outgoing.tls_authorities") == "/etc/ssl/certs"
    assert setting(made, "outgoing.mta_sts") is True
    assert "esmtpd:17" in told(made, Verdict.NOTHING)
    text = (tree / "esmtpd").read_text().replace("TLS_VERIFYPEER=NONE", "TLS_VERIFYPEER=PEER")
    (tree / "esmtpd").write_text("TLS_EXTERNAL=emailaddress\n" + text)
    made = plan(old)
    assert "access.client_authorities" in told(made, Verdict.DECIDE)["esmtpd:18"]
    assert setting(made, "access.client_name") == "emailAddress"


def test_headers_that_were_not_added_are_not_added_to_users_mail(old: Path) -> None:
    assert setting(plan(old), "hygiene.add_date", "listener:submission") is True
    tree = old / "etc/courier"
    (tree / "esmtpd-msa").write_text("NOADDMSGID=0\n")
    with (tree / "esmtpd").open("a") as file:
        file.write("fi\nBOFHBADMIME=wrap\nMIME=none\n")
    with (tree / "bofh").open("a") as file:
        file.write("opt NOADDRREWRITE=2\n")
    (tree / "esmtpd").write_text(
        (tree / "esmtpd").read_text().replace("NOADDRREWRITE=0", "NOADDDATE=1")
    )
    made = plan(old)
    assert setting(made, "hygiene.add_date", "listener:submission") is False
    assert setting(made, "hygiene.add_message_id", "listener:submission") is True
    assert setting(made, "hygiene.broken_mime") == "wrap"
    assert setting(made, "hygiene.mime_headers") == "nobody"
    assert setting(made, "hygiene.rewrite_addresses") == "unsigned"
    assert setting(made, "hygiene.refuse_base64_text") is True


def test_folders_that_were_emptied_by_age_still_are(old: Path) -> None:
    (old / "etc/courier/imapd").write_text("IMAP_EMPTYTRASH=Trash:7,Sent:30,../x:1\n")
    made = plan(old)
    assert setting(made, "mailboxes.empty_trash") == ("Trash:7", "Sent:30")
    assert any("../x" in text for text in told(made, Verdict.UNREAD).values())


def test_what_courier_did_unasked_is_told_where_we_do_otherwise(old: Path) -> None:
    tree = old / "etc/courier"
    assert "sizelimit" not in told(plan(old), Verdict.DECIDE)
    (tree / "sizelimit").unlink()
    (tree / "esmtppercentrelay").write_text("inside.test\n")
    made = plan(old)
    assert "10M" in told(made, Verdict.DECIDE)["sizelimit"]
    assert setting(made, "outgoing.percent_relay") == ("inside.test",)


def test_every_setting_that_names_a_variable_of_couriers_is_found_by_it() -> None:
    named = [one for section in SETTINGS.values() for one in section.values() if one.courier]
    assert named
    for one in named:
        name = one.courier.partition("=")[0]
        found = [setting for setting, _ in counterparts(name, (one.section,))]
        assert one in found or " " in name


def test_imported_settings_then_hold(old: Path) -> None:
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", "wonderland", by="test")
    applied = apply.apply(plan(old), summary="Import", by="test")
    now = current.refresh()

    def judged(address: str) -> access.Access:
        return access.judge(address, now.esmtp.relay_from, now.esmtp.deny_from, now.policy.access)

    assert judged("203.0.113.9").denied
    assert judged("10.1.2.3").may_relay
    assert not judged("10.1.9.1").may_relay, "the most specific record alone counts"
    assert judged("10.1.9.1").over(now).esmtp.size_limit == 1_000_000
    assert judged("2001:db8::1").may_relay
    refusal = judged("198.51.100.7").block
    assert refusal is not None
    assert refusal.code == 550

    assert now.reports.subject_delayed == "Still trying"
    assert now.reports.header == "This is [#ME#].\n\nYour message of [#FROMTIME#]\nfrom [#FROMMTA#]"

    partner = routes.find("partner.test", now.queue.routes)
    assert (partner.relay, partner.port, partner.security) == (
        "relay.partner.test",
        2525,
        "REQUIRED",
    )
    assert routes.find("direct.test", now.queue.routes).relay == ""
    assert routes.find("anywhere.test", now.queue.routes).relay == "smart.example.net"
    assert routes.login("smart.example.net", "", now.queue.route_passwords) == (
        "courier",
        "s3cret-word",
    )

    found = router.resolve(Address("sales", "example.com"))
    assert {str(one.path) for one in found.destinations} >= {"carol@elsewhere.test"}
    assert router.resolve(Address("nobody", "hosted.example")).local
    assert str(router.resolve(Address("root", "example.com")).destinations[0].path) == (
        "alice@example.com"
    )

    assert applied.change_set is not None
    newest = store.history()[0]
    assert (newest.id, newest.summary) == (applied.change_set, "Import")


def test_an_import_is_undone_as_a_whole(old: Path) -> None:
    administration.add_domain("example.com", by="test")
    administration.set_alias("sales@example.com", ["earlier@example.com"], by="test")
    applied = apply.apply(plan(old), summary="Import", by="test")
    assert applied.change_set is not None
    undo(applied.change_set, by="test")
    now = current.refresh()
    assert now.policy.access == ()
    assert now.overlays == {}
    assert [domain.name for domain in Domain.objects.all()] == ["example.com"]
    (alias,) = Alias.objects.all()
    assert alias.targets == ["earlier@example.com"]


def test_an_import_is_not_undone_over_later_changes(old: Path) -> None:
    applied = apply.apply(plan(old), summary="Import", by="test")
    assert applied.change_set is not None
    administration.set_alias("sales@example.com", ["later@example.com"], by="test")
    with pytest.raises(ConfigError, match="changed again"):
        undo(applied.change_set, by="test")
    assert current.refresh().policy.access != ()


def test_a_second_import_changes_nothing(old: Path) -> None:
    apply.apply(plan(old), summary="Import", by="test")
    again = apply.apply(plan(old), summary="Import", by="test")
    assert (again.changes, again.change_set) == ((), None)


def test_an_account_keeps_its_mail(old: Path) -> None:
    administration.add_domain("example.com", by="test")
    administration.add_account("sales@example.com", "wonderland", by="test")
    made = plan(old)
    apply.apply(made, summary="Import", by="test")
    assert not Alias.objects.filter(address="sales@example.com").exists()
    assert "there is an account of this name" in " ".join(
        note.text for note in made.notes if note.old == "sales@example.com"
    )


def test_the_command_shows_first_and_writes_when_told(old: Path) -> None:
    tree = str(old / "etc/courier")
    options = ["conf", "import", tree, "--root", str(old), "--host", "mail.example.com"]
    shown = run(*options)
    assert "Nothing is written yet" in shown
    assert "s3cret-word" not in shown
    assert Domain.objects.count() == 0
    assert store.history() == []
    written = run(*options, "--apply")
    assert "takes all of it back" in written
    assert Domain.objects.count() == 5
    assert len(store.history()) == 1
    assert "Nothing changed." in run(*options, "--apply")


def test_the_report_is_json_too_and_keeps_secrets(old: Path) -> None:
    text = run("conf", "import", str(old / "etc/courier"), "--root", str(old), "--json")
    answer = json.loads(text)
    assert "s3cret-word" not in text
    assert {"where", "old", "here", "verdict"} == set(answer["report"][0])
    assert any(one["what"] == "queue.routes" for one in answer["changes"])
    assert answer["change_set"] is None


def test_odd_files_are_refused_and_nothing_waits_for_them(old: Path) -> None:
    tree = old / "etc/courier"
    os.mkfifo(tree / "bofh.d")
    (tree / "bofh").unlink()
    os.mkfifo(tree / "bofh")
    (tree / "esmtproutes").write_bytes(b"x" * 70_000)
    (tree / "esmtpauthclient").write_bytes(b"\0binary")
    (tree / "aliases/huge").write_bytes(b"a: b\n" * 1_800_000)
    (tree / "aliases/loop").write_text("loop: :include:/loop\n")
    (old / "loop").write_text(":include:/loop\n")
    (tree / "me").unlink()
    (tree / "me").symlink_to("/dev/zero")
    unread = told(plan(old), Verdict.UNREAD)
    assert unread["bofh"] == "not an ordinary file"
    assert unread["me"] == "not an ordinary file"
    assert unread["esmtproutes"] == "a line is too long"
    assert unread["esmtpauthclient"] == "not text"
    assert unread["aliases/huge"] == "too large"
    assert unread["aliases/loop:1"] == "files include files without end"


def test_long_files_are_read_in_time_and_a_list_has_an_end(old: Path) -> None:
    """What is quadratic here runs into pytest's limit."""
    tree = old / "etc/courier"
    (tree / "smtpaccess/many").write_text(
        "".join(f"10.{n >> 8 & 255}.{n & 255}.{n >> 16}\tallow,RELAYCLIENT\n" for n in range(8_000))
    )
    (tree / "esmtproutes").write_text("".join(f"d{n}.test:relay.test\n" for n in range(8_000)))
    (tree / "aliases/many").write_text("".join(f"all: u{n}\n" for n in range(10_100)))
    made = plan(old)
    assert len(setting(made, "policy.access")) > 8_000
    assert len(setting(made, "queue.routes")) == 8_000
    assert len(made.aliases["all@example.com"]) == 10_000
    assert "mailing list" in told(made, Verdict.DECIDE)["aliases/many:10001"]


def test_a_star_is_the_host_name(old: Path) -> None:
    (old / "etc/courier/me").write_text("*.inside.test\n")
    assert setting(plan(old), "general.me") == "mail.example.com.inside.test"


def test_an_included_path_does_not_leave_the_root(old: Path) -> None:
    outside = old.parent / "outside"
    outside.write_text("mallory@evil.test\n")
    (old / "etc/courier/aliases/more").write_text("out: :include:/../outside\n")
    assert "out@example.com" not in plan(old).aliases


def test_a_proxy_is_a_decision_and_no_proxy_is_none(old: Path) -> None:
    imapd = old / "etc/courier/imapd"
    imapd.write_text("IMAP_PROXY=0\nIMAP_PROXY_FOREIGN=1\n")
    assert not any(place.startswith("imapd") for place in told(plan(old), Verdict.DECIDE))
    imapd.write_text("IMAP_PROXY=1\n")
    assert "proxy.nodes" in told(plan(old), Verdict.DECIDE)["imapd:1"]
