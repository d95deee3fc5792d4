"""DMARC: whose policy counts, what is aligned, what is asked for."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.dns.resolver import Resolver
from mailcore.errors import GrammarError
from mailcore.mailauth import dmarc, dmarc_record
from mailcore.mailauth.author import ace
from mailcore.mailauth.dmarc import DmarcVerdict
from mailcore.mailauth.dmarc_record import Wish
from tests.support.dns import DnsServer, dead_address

ZONE = {
    "_dmarc.bank.test": ["v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:r@bank.test"],
    "_dmarc.strict.test": ["v=DMARC1; p=reject; adkim=s; aspf=s"],
    "_dmarc.half.test": ["v=DMARC1; p=reject; pct=50"],
    "_dmarc.trying.test": ["v=DMARC1; p=reject; t=y"],
    "_dmarc.twice.test": ["v=DMARC1; p=reject", "v=DMARC1; p=none"],
    "_dmarc.mixed.test": ["hello", "v=DMARC1; p=reject"],
    "_dmarc.co.test": ["v=DMARC1; p=reject; psd=y"],
    "_dmarc.shop.co.test": ["v=DMARC1; p=none"],
    "_dmarc.unit.corp.test": ["v=DMARC1; p=quarantine; psd=n"],
    "_dmarc.corp.test": ["v=DMARC1; p=none"],
    "_dmarc.g.deep.test": ["v=DMARC1; p=reject"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    zone: dict[str, Mapping[str, list[str]]] = {
        name: {"TXT": [f'"{text}"' for text in texts]} for name, texts in ZONE.items()
    }
    zone |= {"news.bank.test": {"A": ["192.0.2.1"]}, "bank.test": {"A": ["192.0.2.1"]}}
    made = DnsServer(zone)
    yield made
    made.stop()


@pytest.fixture
def judge(server: DnsServer) -> object:
    resolver = Resolver([server.address], 5)

    def judged(
        author: str, dkim: tuple[str, ...] = (), spf: str = "", dice: float = 0.0
    ) -> DmarcVerdict:
        return dmarc.evaluate(author, dkim, spf, resolver, dice=dice)

    return judged


@pytest.mark.parametrize(
    ("author", "dkim", "spf", "result", "wish"),
    [
        ("bank.test", ("bank.test",), "", "pass", "none"),
        ("bank.test", (), "bank.test", "pass", "none"),
        ("bank.test", ("news.bank.test",), "", "pass", "none"),
        ("news.bank.test", ("bank.test",), "", "pass", "none"),
        ("news.bank.test", (), "mail.bank.test", "pass", "none"),
        ("bank.test", ("evilbank.test",), "other.test", "fail", "reject"),
        ("bank.test", (), "", "fail", "reject"),
        ("news.bank.test", (), "", "fail", "quarantine"),
        ("none.bank.test", (), "", "fail", "reject"),
        ("strict.test", ("a.strict.test",), "a.strict.test", "fail", "reject"),
        ("strict.test", ("strict.test",), "", "pass", "none"),
        ("trying.test", (), "", "fail", "quarantine"),
        ("unpublished.test", (), "", "none", "none"),
        ("twice.test", (), "", "none", "none"),
        ("mixed.test", (), "", "fail", "reject"),
    ],
)
def test_the_rules(
    judge: object, author: str, dkim: tuple[str, ...], spf: str, result: str, wish: str
) -> None:
    verdict = judge(author, dkim, spf)  # type: ignore[operator]
    assert (verdict.result.value, verdict.wish.value) == (result, wish)


@pytest.mark.parametrize(
    ("author", "dkim", "result"),
    [
        ("shop.co.test", ("a.shop.co.test",), "pass"),
        ("shop.co.test", ("evil.co.test",), "fail"),  # only the public suffix in common
        ("shop.co.test", ("co.test",), "fail"),
        ("other.co.test", (), "fail"),  # the suffix's own policy
        ("a.unit.corp.test", ("corp.test",), "fail"),  # psd=n: an organisation of its own
        ("a.unit.corp.test", ("b.unit.corp.test",), "pass"),
        ("b.corp.test", ("c.corp.test",), "pass"),
    ],
)
def test_public_suffixes_are_found_by_walking_the_tree(
    judge: object, author: str, dkim: tuple[str, ...], result: str
) -> None:
    assert judge(author, dkim).result.value == result  # type: ignore[operator]


def test_a_percentage_is_a_matter_of_luck(judge: object) -> None:
    assert judge("half.test", dice=0.49).wish is Wish.REJECT  # type: ignore[operator]
    assert judge("half.test", dice=0.51).wish is Wish.QUARANTINE  # type: ignore[operator]


def test_a_walk_asks_eight_times_however_deep_the_name_is() -> None:
    names = dmarc.walk(".".join("abcdefghijklmnopqrstuvw"))
    assert len(names) == dmarc.MOST_QUESTIONS
    assert names[-1] == "w"
    assert names[1].count(".") == 6
    assert dmarc.walk("a.b.c") == ["a.b.c", "b.c", "c"]


def test_many_signatures_of_strangers_cost_no_questions(server: DnsServer) -> None:
    server.asked.clear()
    others = tuple(f"s{number}.spam{number}.test" for number in range(100))
    dmarc.evaluate("bank.test", others, "", Resolver([server.address], 5), dice=0)
    assert len(server.asked) <= 3


def test_dns_that_does_not_answer_is_a_temporary_error() -> None:
    resolver = Resolver([dead_address()], timeout=0.1)
    assert dmarc.evaluate("bank.test", (), "", resolver, dice=0).result.value == "temperror"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_raises_anything(server: DnsServer, author: str, spf: str) -> None:
    resolver = Resolver([server.address], 5)
    for name in (ace(author), author.encode("ascii", "replace").decode(), f"{author}.bank.test"):
        verdict = dmarc.evaluate(name, [f"x.{name}"], f"{spf}.{name}", resolver, dice=0)
        assert verdict.domain == name


@pytest.mark.parametrize(
    "text",
    ["", "v=DMARC1", "v=DMARC2; p=none", "p=none; v=DMARC1", "v=DMARC1; p=perhaps", "v=spf1 -all"],
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(GrammarError):
        dmarc_record.parse(text)


def test_a_record_is_read_with_its_report_addresses() -> None:
    record = dmarc_record.parse(
        "v=DMARC1;p=Quarantine;adkim=s;pct=999;"
        "rua=mailto:a@b.test!10m,https://x.test,mailto:c@d.test;x=y"
    )
    assert record.policy is Wish.QUARANTINE
    assert record.subdomain is record.missing is Wish.QUARANTINE
    assert (record.strict_dkim, record.strict_spf, record.percent) == (True, False, 100)
    assert [(one.address, one.largest) for one in record.reports] == [
        ("a@b.test", 10 << 20),
        ("c@d.test", 0),
    ]
    assert dmarc_record.parse("v=DMARC1; p=x; rua=mailto:a@b.test").policy is Wish.NONE
