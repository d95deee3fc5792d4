"""TLS for our listeners.  RFC 8314, RFC 9325; certificates by name, RFC 6066 §3.

`tls/server.crt` and `.key` are the certificate of all listeners.  Every other pair of files in
that folder is used for the names it bears, when a client asks for one of them.
"""

import hashlib
import ssl
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mailcore import log
from mailcore.errors import ConfigError

_log = log.get("tls")


class ServerContext(ssl.SSLContext):
    """A context that knows its certificate, and those for other names.

    `end_point` is SCRAM's tls-server-end-point (RFC 5929 §4), empty where the certificate's
    signature defines none.  `others` is by name, lower case; `*.` stands for one label.
    """

    end_point: bytes
    names: frozenset[str]
    others: Mapping[str, "ServerContext"]

    def named(self, name: str) -> "ServerContext":
        """The context for the name a client asks for."""
        name = name.lower().rstrip(".")
        if name in self.names:
            return self
        wildcard = "*." + name.partition(".")[2]
        return self.others.get(name) or self.others.get(wildcard) or self


def server_context(certificate: Path, key: Path, *, authorities: str = "") -> ServerContext:
    """A context for accepting TLS 1.2 and newer with this certificate chain and key (PEM).

    `authorities` (PEM) are believed about client certificates; nobody has to have one.
    Raises ConfigError when the files can't be used.
    """
    context = _context(certificate, key, authorities)
    context.others = _others(certificate, authorities)
    context.sni_callback = _choose
    return context


def _context(certificate: Path, key: Path, authorities: str) -> ServerContext:
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_SINGLE_ECDH_USE
    context.others = {}
    if authorities:
        try:
            context.load_verify_locations(cadata=authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
        except ssl.SSLError as error:
            _log.error("authorities.unusable", error=str(error))
    _load(context, certificate, key)
    return context


def _choose(asked: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
    """Use the certificate that bears the name; the listener's own where none does."""
    if name and isinstance(context, ServerContext):
        asked.context = context.named(name)


def _others(certificate: Path, authorities: str) -> dict[str, ServerContext]:
    """The contexts of the other pairs in the certificate's folder; a broken pair is left out."""
    found: dict[str, ServerContext] = {}
    for other in sorted(certificate.parent.glob("*.crt")):
        if other == certificate or not other.with_suffix(".key").exists():
            continue
        try:
            context = _context(other, other.with_suffix(".key"), authorities)
        except ConfigError as error:
            _log.error("certificate.unusable", error=str(error))
            continue
        found.update((name, context) for name in context.names)
    return found


def reload_certificate(context: ServerContext, certificate: Path, key: Path) -> None:
    """Use the files' present content for new handshakes.  Raises ConfigError."""
    _load(context, certificate, key)


def _load(context: ServerContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key)
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigError(f"cannot use the certificate {certificate}: {error}") from error
    context.end_point = _end_point(own)
    context.names = _names(own)


def _end_point(certificate: x509.Certificate) -> bytes:
    """RFC 5929 §4.1: the certificate's hash by its signature's hash, at least SHA-256."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except Exception:  # an algorithm the library doesn't know has no end point either
        return b""
    if algorithm is None:
        return b""
    name = "sha256" if algorithm.name in ("md5", "sha1") else algorithm.name
    try:
        return hashlib.new(name, certificate.public_bytes(Encoding.DER)).digest()
    except ValueError:
        return b""


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return frozenset()
    return frozenset(name.lower() for name in found.value.get_values_for_type(x509.DNSName))


def context_if_usable(
    certificate: Path, key: Path, *, authorities: str = ""
) -> ServerContext | None:
    """A server's context; None, and a line in the log, when there is no usable certificate."""
    try:
        return server_context(certificate, key, authorities=authorities)
    except ConfigError as error:
        _log.error("certificate.unusable", error=str(error))
        return None


def reload_if_usable(
    context: ServerContext | None, certificate: Path, key: Path, *, authorities: str = ""
) -> None:
    """SIGHUP: new handshakes use the certificates as they are now, or the old one if broken."""
    if context is None:
        return
    try:
        reload_certificate(context, certificate, key)
    except ConfigError as error:
        _log.error("certificate.unusable", error=str(error))
    context.others = _others(certificate, authorities)


def describe(ssl_object: ssl.SSLObject | None) -> str:
    """`TLSv1.3,256bits,TLS_AES_256_GCM_SHA384` for Received, or "" without TLS."""
    if ssl_object is None:
        return ""
    cipher = ssl_object.cipher()
    if cipher is None:
        return ""
    name, _, bits = cipher
    return f"{ssl_object.version()},{bits}bits,{name}"


def bindings(ssl_object: ssl.SSLObject | None) -> dict[str, bytes]:
    """The channel bindings that SCRAM may use on a connection.  RFC 5929.

    tls-exporter (RFC 9266) is beyond this Python's ssl; tls-unique is not safe in TLS 1.3.
    """
    if ssl_object is None:
        return {}
    found: dict[str, bytes] = {}
    context = ssl_object.context
    if isinstance(context, ServerContext) and context.end_point:
        found["tls-server-end-point"] = context.end_point
    if ssl_object.version() == "TLSv1.2":
        unique = ssl_object.get_channel_binding("tls-unique")
        if unique:
            found["tls-unique"] = unique
    return found


def client_name(ssl_object: ssl.SSLObject | None, field: str) -> str:
    """What a verified client certificate says in `field` (see `access.client_name`), or "".

    A field that is there twice says nothing.
    """
    certificate = ssl_object.getpeercert() if ssl_object is not None else None
    if not certificate:
        return ""
    if field == "rfc822Name":
        found = [pair[1] for pair in certificate.get("subjectAltName", ()) if pair[0] == "email"]
    else:
        names = [pair for names in certificate.get("subject", ()) for pair in names]
        found = [pair[1] for pair in names if pair[0] == field]
    return str(found[0]) if len(found) == 1 else ""
