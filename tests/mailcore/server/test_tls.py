"""The TLS context our listeners use."""

import ssl
from pathlib import Path

import pytest

from mailcore.errors import ConfigError
from mailcore.server import tls
from tests.support.certificate import make_certificate


def test_old_protocols_are_off(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = tls.server_context(certificate, key)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    tls.reload_certificate(context, certificate, key)


def test_a_missing_certificate_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="certificate"):
        tls.server_context(tmp_path / "none.crt", tmp_path / "none.key")
