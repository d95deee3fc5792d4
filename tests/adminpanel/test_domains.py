"""Domains."""

import pytest
from django.test import Client

from mailcore.accounts.models import Domain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_a_domain_is_added_and_listed(admin: Client) -> None:
    assert admin.post("/admin/domains", {"name": "Example.ORG"}).status_code == 302
    assert b"example.org" in admin.get("/admin/domains").content


def test_a_name_that_is_none_is_refused_in_words(admin: Client) -> None:
    page = admin.post("/admin/domains", {"name": "<script>alert(1)</script>"})
    assert b"is not a" in page.content
    assert b"<script>alert" not in page.content


def test_a_domain_is_switched_off_and_on(admin: Client) -> None:
    admin.post("/admin/domains/example.com/switch", {"active": "no"})
    assert not Domain.objects.get(name="example.com").active
    admin.post("/admin/domains/example.com/switch", {"active": "yes"})


def test_removal_needs_the_typed_name_and_no_people(admin: Client) -> None:
    admin.post("/admin/domains", {"name": "example.org"})
    admin.post("/admin/domains/example.org/remove", {"typed": "example.or"})
    assert Domain.objects.filter(name="example.org").exists()
    admin.post("/admin/domains/example.org/remove", {"typed": "example.org"})
    assert not Domain.objects.filter(name="example.org").exists()
    admin.post("/admin/domains/example.com/remove", {"typed": "example.com"})
    assert Domain.objects.filter(name="example.com").exists()


def test_an_unknown_domain_is_not_found(admin: Client) -> None:
    assert admin.get("/admin/domains/nowhere.example").status_code == 404


def test_the_filter_keeps_only_matches(admin: Client) -> None:
    admin.post("/admin/domains", {"name": "other.net"})
    page = admin.get("/admin/domains?q=other").content
    assert b"other.net" in page
    assert b"<strong>example.com" not in page
