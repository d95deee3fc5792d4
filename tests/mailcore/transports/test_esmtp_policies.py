"""MTA-STS and DANE towards real listeners: what is enforced, what is only told.  RFC 8461, 7672."""

import datetime
import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailcore.envelope import Security
from mailcore.net.https import Web
from mailcore.queue.content import Content
from mailcore.queue.models import Recipient
from mailcore.tlspolicy import sts
from mailcore.tlspolicy.models import StsPolicy, TlsCount
from tests.support.authority import Authority
from tests.support.dns import DnsServer
from tests.support.knot import Knot
from tests.support.outgoing import attempt_all, configure, send
from tests.support.remote import Remote
from tests.support.unbound import Unbound
from tests.support.web import WebServer, page

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

TXT = "_mta-sts.far.test"


def policy(mode: str, hosts: str = "mx.far.test", max_age: int = 86_400) -> bytes:
    text = f"version: STSv1\r\nmode: {mode}\r\nmx: {hosts}\r\nmax_age: {max_age}\r\n"
    return page(text.encode())


class Far:
    """far.test as a whole: its names, its policy, its server."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.authority = Authority(directory)
        self.names = DnsServer(
            {
                "far.test": {"MX": ["10 mx.far.test."]},
                "mx.far.test": {"A": ["127.0.0.2"]},
                "mta-sts.far.test": {"A": ["127.0.0.1"]},
                TXT: {"TXT": ['"v=STSv1; id=one;"']},
            }
        )
        self.web = WebServer(self.authority.server("mta-sts.far.test"), policy("enforce"))
        self.server = Remote(address="127.0.0.2")
        monkeypatch.setattr(sts, "WEB", Web(self.web.port, 10, private=True))
        sts._failed.clear()
        configure("outgoing", mta_sts=True, tls_authorities=str(self.authority.file),
                  tls_reports=True)  # fmt: skip
        configure(resolvers=(self.names.address,), dns_timeout=5, keepalive=0, host_rest=0)
        self.serve(self.authority.server("mx.far.test"))

    def serve(self, tls: ssl.SSLContext | None) -> None:
        self.server.stop()
        self.server = Remote(tls=tls, address="127.0.0.2")
        configure(routes=(f"far.test:,{self.server.port}",))

    def stop(self) -> None:
        self.server.stop()
        self.web.stop()
        self.names.stop()


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    place = Far(tmp_path, monkeypatch)
    yield place
    place.stop()


def results() -> list[tuple[str, str, int]]:
    return sorted(
        (row.policy, row.result, row.sessions) for row in TlsCount.objects.order_by("result")
    )


@pytest.mark.parametrize("fault", ["", "name", "expired", "stranger", "clear", "unnamed"])
@pytest.mark.parametrize("mode", ["enforce", "testing", "none"])
def test_a_policy_is_enforced_only_when_it_says_so(
    far: Far, tmp_path: Path, mode: str, fault: str
) -> None:
    signer = Authority(tmp_path, "Nobody") if fault == "stranger" else far.authority
    name = "other.test" if fault == "name" else "mx.far.test"
    far.serve(None if fault == "clear" else signer.server(name, expired=fault == "expired"))
    far.web.answer = policy(mode, "mail.far.test" if fault == "unnamed" else "mx.far.test")
    send("ann@far.test")
    attempt_all()
    goes = mode != "enforce" or not fault
    assert len(far.server.mails) == int(goes)
    if not goes:
        row = Recipient.objects.get()
        assert (row.action, row.status) == ("delayed", "4.4.1")
    words = {
        "": "", "name": "certificate-host-mismatch", "expired": "certificate-expired",
        "stranger": "certificate-not-trusted", "clear": "starttls-not-supported",
        "unnamed": "validation-failure",
    }  # fmt: skip
    if mode == "none":
        word = "starttls-not-supported" if fault == "clear" else ""
        assert results() == [("no-policy-found", word, 1)]
    else:
        assert results() == [("sts", words[fault], 1)]


@pytest.mark.parametrize("level", [Security.UNSAID, Security.REQUIRETLS])
def test_an_author_can_do_without_policies_unless_the_envelope_says_otherwise(
    far: Far, tmp_path: Path, level: Security
) -> None:
    """RFC 8689 §5: TLS-Required: No; §2: the envelope's REQUIRETLS counts before it."""
    configure(tls_verify=True)
    far.serve(Authority(tmp_path, "Nobody").server("mx.far.test"))
    letter = Content.of(b"Subject: help\r\nTLS-Required: No\r\n\r\nYour certificate is bad\r\n")
    send("postmaster@far.test", content=letter, minimum_security=level)
    attempt_all()
    assert len(far.server.mails) == (level is Security.UNSAID)
    if level is Security.UNSAID:
        assert b"TLS-Required: No" in far.server.mails[0].data
        assert results() == [("no-policy-found", "", 1)]


def test_a_policy_is_fetched_once_and_again_when_its_id_changes(far: Far) -> None:
    for _ in range(2):
        send("ann@far.test")
        attempt_all()
    assert len(far.web.requests) == 1
    assert far.web.requests[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n")
    far.names.zone[TXT] = {"TXT": ['"v=STSv1; id=two;"']}
    far.web.answer = policy("none")
    send("ann@far.test")
    attempt_all()
    assert len(far.web.requests) == 2
    assert StsPolicy.objects.get().mode == "none"


@pytest.mark.parametrize(
    "answer",
    [
        page(b"", "404 Gone"),
        page(b"", "302 Found\r\nLocation: https://mta-sts.far.test/"),
        page(b"version: STSv1\nmode: none\nmax_age: 1\n", kind="text/html"),
        page(b"version: STSv1\nmode: none\nmax_age: 1\n" + b"x" * 70_000),
    ],
)
def test_a_kept_policy_outlives_dns_and_web_troubles(far: Far, answer: bytes) -> None:
    send("ann@far.test")
    attempt_all()
    far.serve(None)
    far.web.answer = answer
    for records in ({"TXT": ['"v=STSv1; id=two;"']}, {}):
        far.names.zone[TXT] = records  # type: ignore[assignment]
        send("ann@far.test")
        attempt_all()
        assert far.server.mails == []
    assert StsPolicy.objects.get().mode == "enforce"


def test_an_expired_policy_binds_nobody(far: Far) -> None:
    far.web.answer = policy("enforce", max_age=0)
    send("ann@far.test")
    attempt_all()
    far.names.zone.pop(TXT)
    far.serve(None)
    send("ann@far.test")
    attempt_all()
    assert len(far.server.mails) == 1


def test_a_policy_behind_a_private_address_is_never_fetched(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sts, "WEB", Web(far.web.port, 10))
    send("ann@far.test")
    attempt_all()
    assert far.web.requests == []
    assert len(far.server.mails) == 1
    assert results() == [("no-policy-found", "sts-policy-fetch-error", 1)]


def test_requiretls_wants_somebody_to_vouch_for_the_server(far: Far) -> None:
    far.server.extensions = (*far.server.extensions, "REQUIRETLS")
    send("ann@far.test", minimum_security=Security.REQUIRETLS)
    attempt_all()
    assert far.server.mails[0].mail.endswith(" REQUIRETLS")
    far.names.zone.pop(TXT)
    StsPolicy.objects.all().delete()
    send("ann@far.test", minimum_security=Security.REQUIRETLS)
    attempt_all()
    assert len(far.server.mails) == 1
    assert Recipient.objects.get().status == "5.7.30"


def _key_record(files: tuple[Path, Path], usage: int = 3) -> str:
    chain = x509.load_pem_x509_certificates(files[0].read_bytes())
    key = chain[0 if usage == 3 else 1].public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{usage} 1 1 {hashlib.sha256(der).hexdigest()}"


@pytest.fixture(scope="module")
def signed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Knot, Path, dict[str, ssl.SSLContext]]]:
    """A signed DNS with domains whose servers are as their TLSA records say, or not."""
    directory = tmp_path_factory.mktemp("dane")
    authority, zone, contexts = Authority(directory), {}, {}
    server = Remote()  # holds the port that the records name
    server.stop()
    wrong = "3 1 1 " + "00" * 32
    for number, (name, tlsa) in enumerate(
        {"good": "ee", "authority": "ta", "wrong": wrong, "unusable": "1 1 1 " + "00" * 32,
         "plain": "", "insecure": wrong, "clear": wrong, "alias": "ta", "initial": "ee",
         "wrongalias": wrong}.items()
    ):  # fmt: skip
        aliased = name in ("alias", "initial", "wrongalias")
        host = f"host.{name}.test" if aliased else f"mx.{name}.test"
        files = authority.issue(host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        contexts[name] = context
        zone[f"{name}.test"] = {"MX": [f"10 mx.{name}.test."]}
        zone[host] = {"A": [f"127.0.0.{number + 10}"]}
        if aliased:
            zone[f"mx.{name}.test"] = {"CNAME": [f"{host}."]}
        base = f"mx.{name}.test" if name == "initial" else host
        data = {"ee": _key_record(files), "ta": _key_record(files, 2)}.get(tlsa, tlsa)
        if data:
            zone[f"_{server.port}._tcp.{base}"] = {"TLSA": [data]}
    knot = Knot(directory / "knot", zone, signed=True)
    contexts["port"] = server.port  # type: ignore[assignment]
    yield knot, directory, contexts
    knot.stop()


@pytest.mark.interop
@pytest.mark.parametrize(
    ("name", "goes", "told"),
    [
        ("good", True, ("tlsa", "")),
        ("authority", True, ("tlsa", "")),
        ("wrong", False, ("tlsa", "validation-failure")),
        ("unusable", True, ("tlsa", "")),
        ("plain", True, ("no-policy-found", "")),
        ("insecure", True, ("no-policy-found", "")),
        ("clear", False, ("tlsa", "starttls-not-supported")),
        ("alias", True, ("tlsa", "")),  # RFC 7672 §2.2.2: records of what the MX is an alias of
        ("initial", True, ("tlsa", "")),  # and where that has none, its own
        ("wrongalias", False, ("tlsa", "validation-failure")),
    ],
)
def test_dane_decides_for_signed_domains(
    signed: tuple[Knot, Path, dict[str, ssl.SSLContext]],
    tmp_path: Path, name: str, goes: bool, told: tuple[str, str],
) -> None:  # fmt: skip
    knot, _, contexts = signed
    resolver = Unbound(tmp_path / "unbound", knot, insecure=("insecure.test",))
    address = knot_address(knot, name)
    server = Remote(
        tls=None if name == "clear" else contexts[name], address=address,
        port=contexts["port"],  # type: ignore[arg-type]
    )  # fmt: skip
    configure("outgoing", dane=True, tls_reports=True)
    configure(resolvers=(resolver.address,), keepalive=0, routes=(f":,{server.port}",))
    send(f"ann@{name}.test")
    attempt_all()
    server.stop()
    resolver.stop()
    assert len(server.mails) == int(goes)
    assert results() == [(*told, 1)]


@pytest.mark.interop
def test_bogus_signatures_are_not_insecurity(
    signed: tuple[Knot, Path, dict[str, ssl.SSLContext]], tmp_path: Path
) -> None:
    knot, _, contexts = signed
    other = ". DNSKEY 257 3 13 " + "A" * 86 + "=="
    resolver = Unbound(tmp_path / "unbound", knot, anchor=other)
    server = Remote(
        tls=contexts["good"], address="127.0.0.10", port=contexts["port"]  # type: ignore[arg-type]
    )  # fmt: skip
    configure("outgoing", dane=True)
    configure(resolvers=(resolver.address,), keepalive=0, routes=(f":,{server.port}",))
    send("ann@good.test")
    attempt_all()
    server.stop()
    resolver.stop()
    row = Recipient.objects.get()
    assert (row.action, row.status) == ("delayed", "4.4.3")
    assert server.mails == []


def test_tlsa_records_that_cant_be_looked_up_put_mail_off(far: Far) -> None:
    names = far.names
    names.secure = True
    names.broken.add(f"_{far.server.port}._tcp.mx.far.test")
    configure("outgoing", dane=True, mta_sts=False)
    send("ann@far.test")
    attempt_all()
    assert far.server.mails == []
    assert Recipient.objects.get().action == "delayed"
    assert results() == [("tlsa", "dnssec-invalid", 1)]


def test_signatures_are_not_believed_from_afar_unless_trusted() -> None:
    from mailcore.dns.resolver import Resolver

    assert Resolver(["127.0.0.1"])._believed
    assert Resolver(["[::1]:5353"])._believed
    assert not Resolver(["192.0.2.1"])._believed
    assert not Resolver(["127.0.0.1", "192.0.2.1"])._believed
    assert Resolver(["192.0.2.1"], trusted=True)._believed


def knot_address(knot: Knot, name: str) -> str:
    from mailcore.dns.resolver import Resolver

    return Resolver([knot.address]).addresses(f"mx.{name}.test", ipv6=False).records[0]


def test_counts_are_of_today(far: Far) -> None:
    send("ann@far.test")
    attempt_all()
    assert TlsCount.objects.get().day == datetime.datetime.now(datetime.UTC).date()
