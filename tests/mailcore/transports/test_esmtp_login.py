"""Logging in at a real Postfix with Cyrus SASL: each mechanism on the wire.  RFC 4954."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailcore.queue.models import Recipient
from tests.support.outgoing import attempt_all, configure, send
from tests.support.postfix import MASTER, Postfix

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
    pytest.mark.interop,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which(MASTER), reason="Postfix runs as root only"
    ),
]
USER, PASSWORD = "relay@postfix.test", "corréct horse, battery=staple"
SETTINGS = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = postfix.test
smtpd_sasl_security_options = noanonymous
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {file}
mech_list: {mechanisms}
"""


Offering = Callable[..., Postfix]


@pytest.fixture
def offering() -> Iterator[Offering]:
    """Starts a Postfix where our user may log in by some mechanisms; far.test's mail goes there."""
    servers: list[Postfix] = []

    def start(*mechanisms: str) -> Postfix:
        def prepare(etc: Path) -> None:
            (etc / "sasl").mkdir()
            file = etc / "sasl" / "sasldb2"
            said = SASL.format(file=file, mechanisms=" ".join(mechanisms))
            (etc / "sasl" / "smtpd.conf").write_text(said)
            name, _, realm = USER.partition("@")
            subprocess.run(
                ["saslpasswd2", "-p", "-c", "-f", str(file), "-u", realm, name],
                input=PASSWORD.encode(), check=True,
            )  # fmt: skip
            shutil.chown(file, "postfix")

        server = Postfix(more=SETTINGS, prepare=prepare)
        servers.append(server)
        configure(routes=(f"far.test:[127.0.0.1],{server.port}",))
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize(
    "mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"]
)
def test_postfix_lets_us_in_by(offering: Offering, mechanism: str) -> None:
    far = offering(mechanism)
    configure(route_passwords=(f"[127.0.0.1] {USER} {PASSWORD}",))
    send("ann@far.test")
    assert attempt_all() == set()
    far.wait_for(lambda: len(far.mails()) == 1)
    [mail] = far.mails()
    assert b"(Authenticated sender: relay@postfix.test)" in mail
    log = (far.home / "log").read_text()
    assert f"sasl_method={mechanism}, sasl_username={USER}" in log


def test_of_all_that_postfix_offers_we_choose_what_hides_the_password_best(
    offering: Offering,
) -> None:
    far = offering("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    configure(route_passwords=(f"[127.0.0.1] {USER} {PASSWORD}",))
    send("ann@far.test")
    attempt_all()
    far.wait_for(lambda: len(far.mails()) == 1)
    assert "sasl_method=SCRAM-SHA-256," in (far.home / "log").read_text()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"])
def test_postfix_lets_nobody_in_with_a_wrong_password(offering: Offering, mechanism: str) -> None:
    far = offering(mechanism)
    configure(route_passwords=(f"[127.0.0.1] {USER} something else",))
    send("ann@far.test")
    attempt_all()
    assert far.mails() == []
    row = Recipient.objects.get()
    assert row.action == "delayed"
    assert "535 5.7.8 Error: authentication failed" in row.reply
