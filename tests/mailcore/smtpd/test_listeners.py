"""How an administrator writes listeners."""

import pytest

from mailcore.errors import ConfigError
from mailcore.smtpd import listeners
from mailcore.smtpd.listeners import LISTENERS, Place


def test_a_line_is_name_kind_addresses_and_certificate() -> None:
    extra = listeners.parse("vanity submissions 192.0.2.1,[2001:DB8::1]:465 vanity.example")
    assert extra.listener.name == "vanity"
    assert extra.listener.implicit_tls
    assert extra.listener.certificate == "vanity.example"
    assert extra.places == (Place("192.0.2.1"), Place("2001:db8::1", 465))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "vanity smtp",
        "smtp smtp 192.0.2.1",
        "Vanity smtp 192.0.2.1",
        "vanity imap 192.0.2.1",
        "vanity smtp 192.0.2.999",
        "vanity smtp 192.0.2.1:66000",
        "vanity smtp example.com:25",
        "vanity smtp 192.0.2.1 ../../etc/passwd",
        "../x smtp 192.0.2.1",
        "vanity smtp 192.0.2.1 certificate more",
    ],
)
def test_other_lines_are_refused_and_left_out(line: str) -> None:
    with pytest.raises(ConfigError):
        listeners.parse(line)
    assert "vanity" not in listeners.extras((line,))
    assert len(listeners.problems([line, "good smtp 192.0.2.1"])) == 1


def test_no_name_and_no_address_is_there_twice() -> None:
    listeners.check(["a smtp 192.0.2.1", "b submission 192.0.2.1", "c smtp 192.0.2.1:2525"])
    for twice in ("a smtp 192.0.2.2", "b smtp 192.0.2.1"):
        with pytest.raises(ConfigError, match="twice"):
            listeners.check(["a smtp 192.0.2.1", twice])


def test_a_connection_belongs_to_the_listener_of_its_address_and_kind() -> None:
    lines = ("a smtp 192.0.2.1", "b smtp 192.0.2.2:2525")
    smtp, lmtp = LISTENERS["smtp"], LISTENERS["lmtp"]
    assert listeners.at(smtp, "192.0.2.1", lines).name == "a"
    assert listeners.at(smtp, "192.0.2.2", lines) is smtp
    assert listeners.at(lmtp, "192.0.2.1", lines) is lmtp
    own = listeners.extras(lines)["b"].listener
    assert listeners.at(own, "192.0.2.1", lines) is own
