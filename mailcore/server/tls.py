"""TLS for our listeners.  RFC 8314, RFC 9325."""

import ssl
from pathlib import Path

from mailcore import log
from mailcore.errors import ConfigError

_log = log.get("tls")


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context for accepting TLS 1.2 and newer with this certificate chain and key (PEM).

    Raises ConfigError when the files can't be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_SINGLE_ECDH_USE
    reload_certificate(context, certificate, key)
    return context


def reload_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Use the files' present content for new handshakes.  Raises ConfigError."""
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot use the certificate {certificate}: {error}") from error


def context_if_usable(certificate: Path, key: Path) -> ssl.SSLContext | None:
    """A server's context; None, and a line in the log, when there is no usable certificate."""
    try:
        return server_context(certificate, key)
    except ConfigError as error:
        _log.error("certificate.unusable", error=str(error))
        return None


def reload_if_usable(context: ssl.SSLContext | None, certificate: Path, key: Path) -> None:
    """SIGHUP: new handshakes use the certificate as it is now, or the old one if it is broken."""
    if context is None:
        return
    try:
        reload_certificate(context, certificate, key)
    except ConfigError as error:
        _log.error("certificate.unusable", error=str(error))


def describe(ssl_object: ssl.SSLObject | None) -> str:
    """`TLSv1.3,256bits,TLS_AES_256_GCM_SHA384` for Received, or "" without TLS."""
    if ssl_object is None:
        return ""
    cipher = ssl_object.cipher()
    if cipher is None:
        return ""
    name, _, bits = cipher
    return f"{ssl_object.version()},{bits}bits,{name}"
