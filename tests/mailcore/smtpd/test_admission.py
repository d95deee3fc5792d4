"""Strangers at a whole server: access records, DNS lists, SPF, EHLO names, traps."""

import smtplib
import ssl
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from mailcore.conf import current, store
from mailcore.policy import backscatter, suppression
from mailcore.queue.models import Message, Recipient
from mailcore.smtpd import admission
from tests.support.dns import DnsServer
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]

ZONE = {
    "good.example": {"A": ["8.8.9.1"], "TXT": ['"v=spf1 a -all"']},
    "other.example": {"A": ["8.8.9.2"], "TXT": ['"v=spf1 -all"']},
    "bad-mx.example": {"MX": ["5 mx.bad-mx.example."]},
    "mx.bad-mx.example": {"A": ["203.0.113.66"]},
    "2.9.8.8.list.example": {"A": ["127.0.0.2"]},
    "1.9.8.8.white.example": {"A": ["127.0.0.9"]},
    "2.9.8.8.white.example": {"A": ["127.0.0.9"]},
}


@pytest.fixture
def dns(people: None) -> Iterator[DnsServer]:
    """A resolver for the server, and a balancer on loopback that may name any peer."""
    server = DnsServer(ZONE)
    store.save("queue", {"resolvers": [server.address]}, by="test")
    store.save("esmtp", {"proxy_from": ["127.0.0.1"]}, by="test")
    current.refresh()
    yield server
    server.stop()


def settings(section: str, **values: object) -> None:
    store.save(section, values, by="test")
    current.refresh()


def peer(smtp: Addresses, address: str, helo: str = "good.example") -> Connection:
    connection = Connection(smtp["smtp"])
    connection.send(f"PROXY TCP4 {address} 127.0.0.1 1 25\r\nEHLO {helo}\r\n".encode())
    connection.line()
    while not connection.line().startswith("250 "):
        pass
    return connection


def ask(connection: Connection, command: str) -> str:
    connection.send(command.encode() + b"\r\n")
    while (line := connection.line())[3:4] == "-":
        pass
    return line


def send(connection: Connection, message: str, recipient: str = "alice@example.com") -> str:
    assert ask(connection, "MAIL FROM:<ann@good.example>").startswith("250")
    assert ask(connection, f"RCPT TO:<{recipient}>").startswith("250")
    assert ask(connection, "DATA").startswith("354")
    return ask(connection, message.replace("\n", "\r\n") + "\r\n.")


def stored() -> str:
    """The only message's header as it will be delivered, changes and all."""
    return bytes(Message.objects.get().prefix).decode()


def test_a_record_gives_a_network_its_own_words_and_settings(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings(
        "policy",
        access=[
            '203.0.113 allow,BLOCK="550 Go away."',
            "198.51.100 allow,SIZELIMIT=1000",
            "192.0.2 allow,RELAYCLIENT=.via.example",
        ],
    )
    blocked = peer(smtp, "203.0.113.5")
    assert ask(blocked, "MAIL FROM:<ann@good.example>").startswith("250")
    assert ask(blocked, "RCPT TO:<alice@example.com>") == "550 5.7.1 Go away."
    small = peer(smtp, "198.51.100.5")
    assert ask(small, "MAIL FROM:<ann@good.example> SIZE=1001").startswith("534")
    relay = peer(smtp, "192.0.2.5")
    assert send(relay, "Subject: x\n", "joe@far.example").startswith("250")
    assert Recipient.objects.get().forward_path == "joe@far.example.via.example"


def test_strangers_may_write_to_the_domains_we_are_a_backup_of_and_to_no_others(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("esmtp", relay_to=["backup.example"])
    stranger = peer(smtp, "198.51.100.5")
    assert ask(stranger, "MAIL FROM:<ann@good.example>").startswith("250")
    assert ask(stranger, "RCPT TO:<joe@backup.example>").startswith("250")
    assert ask(stranger, "RCPT TO:<joe@elsewhere.example>") == "513 5.7.1 Relaying denied."


def test_lists_refuse_recipients_and_exempt_networks_are_not_asked_about(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", dns_lists=["block list.example 554 Listed."])
    listed = peer(smtp, "8.8.9.2")
    assert ask(listed, "MAIL FROM:<ann@good.example>").startswith("250")
    assert ask(listed, "RCPT TO:<alice@example.com>") == "554 5.7.1 Listed."
    asked = len(dns.asked)
    settings("policy", access=["8.8.9.2 allow,BLOCK"])
    assert send(peer(smtp, "8.8.9.2"), "Subject: x\n").startswith("250")
    assert len(dns.asked) == asked


def test_spf_is_judged_written_down_and_older_words_are_put_aside(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("esmtp", spf_mail_from=["pass", "none"], spf_helo=["all"])
    settings("policy", dns_lists=["allow white.example"])
    refused = peer(smtp, "8.8.9.2")
    assert ask(refused, "MAIL FROM:<ann@good.example>").startswith("517 5.7.23 SPF fail ann@good")
    assert send(peer(smtp, "8.8.9.1"), "Received-SPF: pass (trust me)\nSubject: x\n").startswith(
        "250"
    )
    text = stored()
    assert "\nOld-Received-SPF: pass (trust me)" in text
    assert "\r\n  identity=mailfrom;\r\n  SPF=MAILFROM;\r\n" in text
    assert '  sender="ann@good.example";\r\n  remoteip=8.8.9.1;\r\n' in text
    assert "spf=pass smtp.helo=good.example" in text
    assert "spf=pass smtp.mailfrom=ann@good.example" in text
    assert "dnswl=pass dns.zone=white.example policy.ip=127.0.0.9" in text


def test_a_list_that_vouches_makes_up_for_spf_where_allowok_says_so(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("esmtp", spf_mail_from=["pass", "allowok"])
    settings("policy", dns_lists=["allow white.example"])
    assert send(peer(smtp, "8.8.9.2"), "Subject: x\n").startswith("250")


def test_the_from_header_is_checked_unless_the_sender_passed(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", spf_from=["pass", "mailfromok"])
    forged = "From: Boss <boss@other.example>\n"
    reply = send(peer(smtp, "8.8.9.1"), forged)
    assert reply.startswith("517 5.7.23 SPF fail boss@other.example")
    two = "From: ann@good.example, boss@other.example\n"
    assert send(peer(smtp, "8.8.9.1"), two).startswith("517")
    assert send(peer(smtp, "8.8.9.1"), "From: ann@good.example\n").startswith("250")
    assert "  SPF=FROM;\r\n" in stored()
    settings("esmtp", spf_mail_from=["pass"])
    assert send(peer(smtp, "8.8.9.1"), forged).startswith("250")


def test_an_spf_check_is_off_when_off_is_said(smtp: Addresses, dns: DnsServer) -> None:
    settings("esmtp", spf_mail_from=["off"], spf_helo=["off"])
    assert send(peer(smtp, "8.8.9.2"), "Received-SPF: pass\n").startswith("250")
    assert "Old-Received-SPF" not in stored()


def test_an_ehlo_name_must_be_the_peers_unless_spf_vouches_for_it(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", check_helo=1)
    liar = peer(smtp, "8.8.9.2", "good.example")
    assert ask(liar, "MAIL FROM:<a@good.example>").startswith("517 5.7.25")
    assert ask(peer(smtp, "8.8.9.1"), "MAIL FROM:<a@good.example>").startswith("250")
    settings("policy", check_helo=2)
    liar = peer(smtp, "8.8.9.2", "good.example")
    assert ask(liar, "MAIL FROM:<a@good.example>").startswith("417 4.7.25")
    dns.zone["good.example"]["TXT"] = ['"v=spf1 ip4:8.8.9.2 -all"']
    settings("esmtp", spf_helo=["all"])
    liar = peer(smtp, "8.8.9.2", "good.example")
    assert ask(liar, "MAIL FROM:<a@good.example>").startswith("250")


def test_named_senders_come_before_freemail_and_freemail_before_dns(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", freemail=["bad-mx.example"], bad_mx=["203.0.113.0/24"])
    settings("esmtp", check_sender_domain=True, bad_senders=["eve@bad-mx.example"])
    assert "Sender rejected" in ask(peer(smtp, "8.8.9.1"), "MAIL FROM:<eve@bad-mx.example>")
    assert "none of them" in ask(peer(smtp, "8.8.9.1"), "MAIL FROM:<joe@bad-mx.example>")
    settings("policy", freemail=[])
    blocked = ask(peer(smtp, "8.8.9.1"), "MAIL FROM:<joe@bad-mx.example>")
    assert blocked == "517 5.7.1 Mail server at 203.0.113.66 is blocked."


def test_a_message_for_a_trap_is_refused_whole_and_not_before_its_end(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", spam_traps=["alice@example.com"])
    assert send(peer(smtp, "8.8.9.1"), "Subject: x\n") == "550 5.7.1 Spam refused."
    trapped = send(peer(smtp, "8.8.9.1"), "Subject: x\n", "sales@example.com")
    assert trapped == "550 5.7.1 Spam refused."  # an alias of the trap
    assert send(peer(smtp, "8.8.9.1"), "Subject: x\n", "bob@example.com").startswith("250")


def test_a_dead_resolver_puts_off_and_decides_nothing(smtp: Addresses, dns: DnsServer) -> None:
    dns.broken.update(["5.9.8.8.list.example", "good.example"])
    settings("policy", dns_lists=["block list.example"])
    waiting = peer(smtp, "8.8.9.5")
    assert ask(waiting, "MAIL FROM:<ann@good.example>").startswith("250")
    assert ask(waiting, "RCPT TO:<alice@example.com>").startswith("451 4.4.3")
    settings("policy", dns_lists=[])
    settings("esmtp", spf_mail_from=["pass", "none", "neutral"])
    assert ask(peer(smtp, "8.8.9.5"), "MAIL FROM:<ann@good.example>").startswith("417 4.7.24")


def test_recipients_over_a_hard_limit_are_refused_for_good(smtp: Addresses, dns: DnsServer) -> None:
    settings("esmtp", max_recipients=1)
    settings("policy", max_recipients_hard=True)
    connection = peer(smtp, "8.8.9.1")
    ask(connection, "MAIL FROM:<ann@good.example>")
    assert ask(connection, "RCPT TO:<alice@example.com>").startswith("250")
    assert ask(connection, "RCPT TO:<bob@example.com>") == "531 5.5.3 Too many recipients."


def recipient(connection: Connection, address: str = "alice@example.com") -> str:
    ask(connection, "RSET")
    assert ask(connection, "MAIL FROM:<ann@good.example>").startswith("250")
    return ask(connection, f"RCPT TO:<{address}>")


def test_mail_that_would_only_come_back_is_refused_on_the_line(
    smtp: Addresses, dns: DnsServer
) -> None:
    backscatter.write([("alice@example.com", "failed", "", 7200.0)])
    backscatter.write([("good.example", "refuses-reports", "", 7200.0)])
    backscatter.memory.forget()
    connection = peer(smtp, "8.8.9.1")
    assert recipient(connection).startswith("556 5.1.0")
    assert recipient(connection, "all@example.com").startswith("250")  # a list with others on it
    settings("policy", suppress_backscatter=[])
    connection = peer(smtp, "8.8.9.1")
    assert recipient(connection).startswith("250")
    settings("policy", refuse_without_reports=True)
    refused = ask(peer(smtp, "8.8.9.1"), "MAIL FROM:<ann@good.example>")
    assert refused.startswith("517 5.1.8")


def test_strangers_nobody_met_are_greylisted_and_users_are_not(
    smtp: Addresses, dns: DnsServer
) -> None:
    settings("policy", greylist=True, greylist_delay=0)
    assert recipient(peer(smtp, "8.8.9.1")).startswith("451")
    assert recipient(peer(smtp, "8.8.9.1")).startswith("250")
    settings("policy", greylist_delay=300)
    greylisted = recipient(peer(smtp, "8.8.8.1"))
    assert greylisted == "451 4.7.1 Greylisted: please come again in 300 seconds."
    settings("policy", dns_lists=["allow white.example"])
    assert recipient(peer(smtp, "8.8.9.2"), "bob@example.com").startswith("250")
    settings("policy", access=["8.8.8 allow,RELAYCLIENT"])
    assert recipient(peer(smtp, "8.8.8.1")).startswith("250")


def test_users_are_told_at_once_of_suppressed_addresses(smtp: Addresses, dns: DnsServer) -> None:
    settings("esmtp", proxy_from=[])
    suppression.add("gone@far.example", "asked us to stop")
    backscatter.memory.forget()
    with smtplib.SMTP(*smtp["submission"]) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login("alice@example.com", "wonderland")
        client.mail("alice@example.com")
        code, text = client.rcpt("gone@far.example")
        assert (code, b"asked us to stop" in text) == (550, True)
        assert client.rcpt("joe@far.example")[0] == 250


def test_a_login_that_sends_too_much_is_put_off(smtp: Addresses, people: None) -> None:
    settings("rates", recipients_hour=3)
    with smtplib.SMTP(*smtp["submission"]) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login("alice@example.com", "wonderland")
        for _ in range(3):
            client.sendmail("alice@example.com", ["bob@example.com"], "Subject: x\n\n")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("alice@example.com", ["bob@example.com"], "Subject: x\n\n")
    assert refused.value.smtp_code == 450
    assert Message.objects.count() == 3


def test_who_is_new_waits_for_the_answer_and_then_no_more(
    smtp: Addresses, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(admission, "asyncio", SimpleNamespace(sleep=sleep))
    settings("policy", first_time_wait=20)
    assert recipient(peer(smtp, "8.8.9.1")).startswith("250")
    assert recipient(peer(smtp, "8.8.9.1")).startswith("250")
    assert waited == [20]


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.1", "172.16.0.9", "127.0.0.2"])
def test_a_private_address_relays_only_when_it_is_listed(
    smtp: Addresses, dns: DnsServer, address: str
) -> None:
    assert recipient(peer(smtp, address), "joe@far.example") == "513 5.7.1 Relaying denied."
    settings("policy", access=[f"{address} allow,RELAYCLIENT"])
    assert recipient(peer(smtp, address), "joe@far.example").startswith("250")
