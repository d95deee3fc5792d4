"""The TLS context our listeners use."""

import ssl
from pathlib import Path

import pytest

from mailcore.errors import ConfigError
from mailcore.server import tls
from tests.support.certificate import make_certificate
from tests.support.own_authority import Authority


def test_old_protocols_are_off(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = tls.server_context(certificate, key)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    tls.reload_certificate(context, certificate, key)


def test_a_missing_certificate_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="certificate"):
        tls.server_context(tmp_path / "none.crt", tmp_path / "none.key")


def test_a_name_has_its_own_certificate_or_the_servers(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    authority = Authority()
    authority.issue(tmp_path, "vanity", hosts=("Vanity.example", "*.vanity.example"))
    (tmp_path / "broken.crt").write_text("no certificate")
    (tmp_path / "broken.key").write_text("no key")
    context = tls.server_context(certificate, key)
    own = context.named("vanity.example")
    assert own is not context
    assert context.named("WWW.vanity.example.") is own
    for name in ("localhost", "elsewhere.example", "a.b.vanity.example", "", "x"):
        assert context.named(name) is context
    assert own.end_point
    assert own.end_point != context.end_point


def test_new_certificates_are_found_at_a_reload(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = tls.server_context(certificate, key)
    before = context.end_point
    make_certificate(tmp_path)
    Authority().issue(tmp_path, "vanity", hosts=("vanity.example",))
    tls.reload_if_usable(context, certificate, key)
    assert context.end_point != before
    assert context.named("vanity.example") is not context
    certificate.write_text("broken")
    tls.reload_if_usable(context, certificate, key)
    assert context.named("vanity.example") is not context
