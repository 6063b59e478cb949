"""The certificate authority that clients of the explicit proxy trust, and the bundle of roots that their tools read.

Here: making, checking and reading the authority (RFC 5280), and joining its certificate with the roots that a system
already trusts. Not here: the certificates of single hosts, which mitmproxy signs with the key in `mitmproxy-ca.pem`.

The authority is made once and never written again: whoever replaces it breaks every client that trusts it. An owner may
put a PEM file of their own there: the key, the certificate that signs, and the chain up to the root, in this order.
"""

import base64
import binascii
import contextlib
import itertools
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from configs.state import StateError, StatePaths, check_secret, is_there, make_private_dir, write_secret

type Clock = Callable[[], datetime]

# Long enough that renewing is a yearly task with a year to spare, short enough that a forgotten key dies.
VALIDITY = timedelta(days=2 * 365)
BACKDATED = timedelta(days=1)  # clients' clocks that are slow accept it from the start
RENEW_BEFORE = timedelta(days=30)

# Where distributions keep the roots that they trust, in one file: Debian, RHEL and Fedora, openSUSE, Alpine and macOS,
# FreeBSD (the order that Go's crypto/x509 uses).
SYSTEM_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
)
# Variables that may already name further roots, such as a company's. A person who set one goes on trusting it.
NAMED_ROOTS = (
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
    "NIX_SSL_CERT_FILE",
)

_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----(?P<body>[A-Za-z0-9+/=\s]+)-----END (?:X509 )?CERTIFICATE-----"
)


@dataclass(frozen=True, slots=True)
class Authority:
    """What may be known about the authority: everything but its key."""

    path: Path  # the certificate that clients trust
    certificate: x509.Certificate

    @property
    def subject(self) -> str:
        return self.certificate.subject.rfc4514_string()

    @property
    def not_before(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER form, as browsers and `openssl x509 -fingerprint -sha256` show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def expires_soon(self, now: datetime) -> bool:
        return self.not_after - now < RENEW_BEFORE


def utc_now() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


def ensure_authority(paths: StatePaths, clock: Clock = utc_now) -> Authority:
    """The authority of this state directory, made if there is none. Raises `StateError` if it can't be used."""
    if not is_there(paths.ca_key):
        make_private_dir(paths.root)
        write_secret(paths.ca_key, _make(clock()))  # a process that was quicker wins; its file is read below
    if not is_there(paths.ca_cert):
        _replace(paths.ca_cert, _chain(_read(paths.ca_key), paths.ca_key)[-1].public_bytes(serialization.Encoding.PEM))
    return read_authority(paths, clock())


def read_authority(paths: StatePaths, now: datetime) -> Authority:
    """Read and check the authority; make nothing. Raises `StateError`: missing, broken, readable by others, expired."""
    if not is_there(paths.ca_key):
        raise StateError(f"{paths.ca_key}: there is no certificate authority yet. Make one with: privet init")
    check_secret(paths.ca_key)
    data = _read(paths.ca_key)
    chain = _chain(data, paths.ca_key)
    _check_key(data, chain[0], paths.ca_key)
    for certificate in chain:
        _check_certificate(certificate, paths.ca_key, now)
    for issued, issuer in itertools.pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise StateError(
                f"{paths.ca_key}: the chain is not in order: each certificate signs the one before."
            ) from None
    trusted = _chain(_read(paths.ca_cert), paths.ca_cert)[0]
    if trusted != chain[-1]:
        raise StateError(
            f"{paths.ca_cert}: this is not the certificate in {paths.ca_key}. If the key is the right one, remove "
            f"{paths.ca_cert.name}: it is written again at the next start."
        )
    return Authority(path=paths.ca_cert, certificate=trusted)


def ensure_bundle(paths: StatePaths, environ: Mapping[str, str] | None = None) -> Path:
    """The file with the roots that this system trusts and Privet's own; written again when one of them changed.

    Variables that replace a tool's whole store need it: with Privet's certificate alone the tool would trust no other
    host. Raises `StateError`.
    """
    environ = os.environ if environ is None else environ
    sources = root_files(environ)  # within `privet run` the bundle itself, which then stays as it is
    seen: dict[bytes, None] = {}
    for source in (paths.ca_cert, *sources):
        for der in _blocks(_read(source)):
            seen.setdefault(der)
    if len(seen) < 2:  # ours, and not one root beside it
        raise StateError(f"no trusted roots found in: {', '.join(str(source) for source in sources)}")
    bundle = b"".join(_pem(der) for der in seen)
    try:
        current = paths.ca_bundle.read_bytes()
    except OSError:
        current = b""
    if current != bundle:
        _replace(paths.ca_bundle, bundle)
    return paths.ca_bundle


def root_files(environ: Mapping[str, str], system: Iterable[str] = SYSTEM_ROOTS) -> tuple[Path, ...]:
    """The files that hold trusted roots: SSL_CERT_FILE or the system's, else certifi's; then those named beside."""
    candidates = [environ.get("SSL_CERT_FILE", ""), *system, certifi.where()]
    roots = next(path for name in candidates if name and (path := Path(name)).is_file())
    named = (Path(environ[name]) for name in NAMED_ROOTS if environ.get(name))
    return tuple(dict.fromkeys([roots, *(path for path in named if path.is_file())]))


def _make(now: datetime) -> bytes:
    """Key and certificate of a new authority, as one PEM."""
    # P-256: every client accepts it, and a leaf is signed in 0.1 ms (RSA-2048: 0.5 ms).
    key = ec.generate_private_key(ec.SECP256R1())
    # The number tells two authorities apart where people see only the name.
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Privet"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Privet local authority {secrets.token_hex(4)}"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    # RFC 5280 §4.2.1: what ssl.VERIFY_X509_STRICT asks of an authority. No extended key usage: some clients read it on
    # a root, others don't.
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _chain(data: bytes, path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise StateError(f"{path}: expected a PEM certificate, found none that can be read.") from None


def _check_key(data: bytes, certificate: x509.Certificate, path: Path) -> None:
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise StateError(
            f"{path}: expected a PEM private key without passphrase, found none that can be read."
        ) from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise StateError(f"{path}: the key does not belong to the first certificate.")


def _check_certificate(certificate: x509.Certificate, path: Path, now: datetime) -> None:
    if not _may_sign(certificate):
        raise StateError(
            f"{path}: expected an authority's certificate (basicConstraints CA, keyUsage keyCertSign, "
            "subjectKeyIdentifier): strict clients refuse any other."
        )
    if now > certificate.not_valid_after_utc:
        raise StateError(
            f"{path}: the authority expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Move {path.parent} away, "
            "start again to make a new one, and have clients trust it (privet ca export)."
        )
    if now < certificate.not_valid_before_utc:
        raise StateError(
            f"{path}: the authority is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC. "
            "Is this machine's clock right?"
        )


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return constraints.ca and usage.key_cert_sign


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StateError(f"{path}: can't be read: {error.strerror}") from None


def _blocks(data: bytes) -> Iterable[bytes]:
    """The certificates of a PEM file, as DER; other blocks and comments are left out."""
    for match in _CERTIFICATE.finditer(data):
        with contextlib.suppress(binascii.Error):
            yield base64.b64decode(b"".join(match["body"].split()), validate=True)


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _replace(path: Path, data: bytes) -> None:
    """Write a file that everybody may read, whole or not at all."""
    make_private_dir(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            temporary.write_bytes(data)
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"{path}: can't be written: {error.strerror}") from None
