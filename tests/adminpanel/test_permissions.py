"""Only administrators come in; asked of every address there is."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.urls import urlpatterns

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

ARGUMENTS = {
    "name": "example.com",
    "address": "ada@example.com",
    "number": 1,
    "id": "0000000000000",
    "verb": "hold",
}


def addresses() -> list[str]:
    found = []
    for pattern in urlpatterns:
        wanted = pattern.pattern.converters
        found.append(reverse(pattern.name, kwargs={key: ARGUMENTS[key] for key in wanted}))
    return found


@pytest.mark.parametrize("address", addresses())
def test_a_stranger_is_sent_to_the_door(address: str) -> None:
    for answer in (Client().get(address), Client().post(address)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login")


@pytest.mark.parametrize("address", addresses())
def test_a_person_without_rights_is_refused(ben: Client, address: str) -> None:
    assert ben.get(address).status_code == 403
    assert ben.post(address).status_code == 403


@pytest.mark.parametrize("address", addresses())
def test_a_change_without_the_csrf_token_is_refused(admin: Client, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies
    assert strict.post(address).status_code == 403
