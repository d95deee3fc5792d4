"""The MTA-STS policy as other mail servers fetch it, and as attackers try to."""

import pytest
from django.test import Client

from mailcore.accounts import administration
from mailcore.conf import current, store
from tests.support.fresh import forget_everything

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

PATH = "/.well-known/mta-sts.txt"


@pytest.fixture(autouse=True)
def hosted() -> None:
    forget_everything()
    for name in ("example.com", "other.test", "grün.example"):
        administration.add_domain(name, by="test")
    store.save("mailauth", {"sts_mode": "enforce"}, by="test", scope="domain:example.com")
    store.save("mailauth", {"sts_mode": "testing"}, by="test", scope="domain:grün.example")
    current.refresh()


@pytest.mark.parametrize(
    "host", ["mta-sts.example.com", "MTA-STS.Example.COM", "mta-sts.example.com:443",
             "mta-sts.example.com."],
)  # fmt: skip
def test_a_hosted_domain_has_its_policy(host: str) -> None:
    answer = Client().get(PATH, headers={"Host": host})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content == (
        b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.test\r\nmax_age: 604800\r\n"
    )
    assert "Set-Cookie" not in answer


def test_a_domain_in_other_letters_is_asked_for_by_its_ace_name() -> None:
    answer = Client().get(PATH, headers={"Host": "mta-sts.xn--grn-ioa.example"})
    assert b"mode: testing" in answer.content


@pytest.mark.parametrize(
    "host",
    ["example.com", "mta-sts.other.test", "mta-sts.elsewhere.test", "mta-sts.", "mta-sts.com",
     "mta-sts.example.com.evil.test", "mta-sts.mta-sts.example.com", "mail.example.test",
     "mta-sts.example.com/x", "mta-sts.example.com@evil.test", "[::1]", "", "x" * 5_000],
)  # fmt: skip
def test_other_hosts_have_none(host: str) -> None:
    assert Client().get(PATH, headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("path", ["/", "/login", "/.well-known/", PATH + "/", "/admin/"])
def test_under_that_name_there_is_nothing_but_the_policy(path: str) -> None:
    assert Client().get(path, headers={"Host": "mta-sts.example.com"}).status_code in (400, 404)


def test_it_is_for_reading_only() -> None:
    assert Client().post(PATH, headers={"Host": "mta-sts.example.com"}).status_code == 405


def test_exchangers_and_age_are_the_administrators() -> None:
    store.save(
        "mailauth",
        {"sts_mx": ("mx1.example.com", "*.backup.test", "bad: yes"), "sts_max_age": 86_400},
        by="test",
        scope="domain:example.com",
    )
    current.refresh()
    answer = Client().get(PATH, headers={"Host": "mta-sts.example.com"})
    assert answer.content.decode().splitlines()[2:] == [
        "mx: mx1.example.com",
        "mx: *.backup.test",
        "max_age: 86400",
    ]
