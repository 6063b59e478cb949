"""The authority and the bundle of roots: what strict clients ask of them, and that nothing is ever written over."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mitmproxy import certs

from configs.state import StateError, StatePaths
from proxy import authority
from proxy.authority import ensure_authority, ensure_bundle, read_authority, root_files

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def clock():
    return NOW


@pytest.fixture
def paths(tmp_path):
    return StatePaths(tmp_path / "state")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def make_pem(
    name="Own", *, ca=True, pathlen=0, issuer=None, start=NOW - timedelta(days=1), end=NOW + timedelta(days=9)
):
    """Key and certificate as an owner's own tools might make them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=pathlen if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer[0] if issuer else key, hashes.SHA256())
    )
    return key, certificate


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def cert_pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def put(paths, *parts):
    paths.ca_dir.mkdir(mode=0o700, parents=True)
    paths.ca_key.write_bytes(b"".join(parts))
    paths.ca_key.chmod(0o600)


def test_made_once(paths):
    made = ensure_authority(paths, clock)
    before = {path: path.read_bytes() for path in paths.ca_dir.iterdir()}
    again = ensure_authority(paths, lambda: NOW + timedelta(days=300))
    assert again == made == read_authority(paths, NOW)
    assert {path: path.read_bytes() for path in paths.ca_dir.iterdir()} == before


def test_two_processes_at_once_agree(paths):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_authority(paths, clock).fingerprint, range(8)))
    assert len(set(made)) == 1


def test_what_the_certificate_says(paths):
    certificate = ensure_authority(paths, clock).certificate
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    assert certificate.not_valid_after_utc - NOW == authority.VALIDITY


def test_fingerprint_is_the_one_that_openssl_shows(paths):
    made = ensure_authority(paths, clock)
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    shown = subprocess.run(
        ["openssl", "x509", "-in", paths.ca_cert, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True
    ).stdout
    assert shown.strip().endswith("=" + made.fingerprint)


def test_modes(paths):
    ensure_authority(paths, clock)
    ensure_bundle(paths, {})
    assert mode(paths.root) == mode(paths.ca_dir) == 0o700
    assert mode(paths.ca_key) == 0o600
    assert mode(paths.ca_cert) == mode(paths.ca_bundle) == 0o644


def test_only_the_key_file_holds_the_key(paths):
    ensure_authority(paths, clock)
    ensure_bundle(paths, {})
    for path in (paths.ca_cert, paths.ca_bundle):
        assert b"PRIVATE" not in path.read_bytes()


def test_lost_certificate_is_written_again_from_the_key_file(paths):
    made = ensure_authority(paths, clock)
    paths.ca_cert.unlink()
    assert ensure_authority(paths, clock) == made


@pytest.mark.parametrize(
    ("days", "soon"),
    [(0, False), (699, False), (701, True), (729, True)],
    ids=["new", "31 days", "29 days", "last day"],
)
def test_expires_soon(paths, days, soon):
    made = ensure_authority(paths, clock)
    assert made.expires_soon(NOW + timedelta(days=days)) is soon


@pytest.mark.parametrize(
    ("days", "told"), [(731, "expired on 2028-05-31"), (-2, "Is this machine's clock right?")], ids=["late", "early"]
)
def test_outside_its_time_it_is_refused_and_kept(paths, days, told):
    ensure_authority(paths, clock)
    before = paths.ca_key.read_bytes()
    with pytest.raises(StateError, match=told):
        ensure_authority(paths, lambda: NOW + timedelta(days=days))
    assert paths.ca_key.read_bytes() == before


def test_missing_is_made_by_ensure_alone(paths):
    with pytest.raises(StateError, match="privet init"):
        read_authority(paths, NOW)
    assert not paths.root.exists()


def test_key_that_others_may_read_is_refused(paths):
    ensure_authority(paths, clock)
    paths.ca_key.chmod(0o640)
    with pytest.raises(StateError, match="chmod 600"):
        ensure_authority(paths, clock)


OWN_KEY, OWN_CERT = make_pem()
OTHER_KEY, OTHER_CERT = make_pem("Other")
ROOT = make_pem("Root", pathlen=1)
ISSUING_KEY, ISSUING_CERT = make_pem("Issuing", issuer=ROOT)
LEAF_KEY, LEAF_CERT = make_pem("leaf.example", ca=False)
OLD_KEY, OLD_CERT = make_pem("Old", start=NOW - timedelta(days=9), end=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "expected a PEM certificate"),
        ([b"nonsense"], "expected a PEM certificate"),
        ([key_pem(OWN_KEY)], "expected a PEM certificate"),
        ([cert_pem(OWN_CERT)], "expected a PEM private key"),
        ([key_pem(OTHER_KEY), cert_pem(OWN_CERT)], "the key does not belong"),
        ([key_pem(LEAF_KEY), cert_pem(LEAF_CERT)], "expected an authority's certificate"),
        ([key_pem(OLD_KEY), cert_pem(OLD_CERT)], "expired on"),
        ([key_pem(ISSUING_KEY), cert_pem(ISSUING_CERT), cert_pem(OTHER_CERT)], "not in order"),
    ],
    ids=["empty", "nonsense", "key alone", "certificate alone", "another key", "a leaf", "expired", "chain broken"],
)
def test_unusable_authority_is_refused_and_kept(paths, parts, told):
    put(paths, *parts)
    before = paths.ca_key.read_bytes()
    with pytest.raises(StateError, match=told) as caught:
        ensure_authority(paths, clock)
    assert str(paths.ca_key) in str(caught.value)
    assert "BEGIN" not in str(caught.value)
    assert paths.ca_key.read_bytes() == before


def test_owners_chain_is_used_and_its_root_is_what_clients_trust(paths):
    put(paths, key_pem(ISSUING_KEY), cert_pem(ISSUING_CERT), cert_pem(ROOT[1]))
    assert ensure_authority(paths, clock).certificate == ROOT[1]


def test_certificate_of_another_authority_is_refused(paths):
    ensure_authority(paths, clock)
    paths.ca_cert.write_bytes(cert_pem(OTHER_CERT))
    with pytest.raises(StateError, match="not the certificate in"):
        ensure_authority(paths, clock)


def test_state_directory_that_is_a_file(tmp_path):
    (tmp_path / "state").write_text("x")
    with pytest.raises(StateError, match="state"):
        ensure_authority(StatePaths(tmp_path / "state"), clock)


# The bundle


def roots(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_bundle_holds_ours_and_the_roots_once(paths, tmp_path):
    made = ensure_authority(paths, clock)
    named = tmp_path / "company roots.pem"
    named.write_bytes(b"# A comment\n" + cert_pem(OTHER_CERT) + cert_pem(OWN_CERT) + cert_pem(OTHER_CERT))
    bundle = ensure_bundle(paths, {"SSL_CERT_FILE": str(named)})
    assert bundle == paths.ca_bundle
    assert roots(bundle) == [made.certificate, OTHER_CERT, OWN_CERT]


def test_bundle_is_written_when_a_source_changes_and_only_then(paths, tmp_path):
    ensure_authority(paths, clock)
    named = tmp_path / "roots.pem"
    named.write_bytes(cert_pem(OTHER_CERT))
    ensure_bundle(paths, {"SSL_CERT_FILE": str(named)})
    first = paths.ca_bundle.stat()
    ensure_bundle(paths, {"SSL_CERT_FILE": str(named)})
    assert paths.ca_bundle.stat().st_ino == first.st_ino
    named.write_bytes(cert_pem(OWN_CERT))
    ensure_bundle(paths, {"SSL_CERT_FILE": str(named)})
    assert OWN_CERT in roots(paths.ca_bundle)
    assert OTHER_CERT not in roots(paths.ca_bundle)
    assert [path.name for path in paths.ca_dir.iterdir() if path.name.startswith(".")] == []


def test_bundle_made_within_privet_run_stays_as_it_is(paths, tmp_path):
    ensure_authority(paths, clock)
    named = tmp_path / "roots.pem"
    named.write_bytes(cert_pem(OTHER_CERT))
    first = ensure_bundle(paths, {"SSL_CERT_FILE": str(named)}).read_bytes()
    nested = {"SSL_CERT_FILE": str(paths.ca_bundle), "NODE_EXTRA_CA_CERTS": str(paths.ca_cert)}
    assert ensure_bundle(paths, nested).read_bytes() == first


def test_no_roots_is_an_error_not_a_bundle_of_ours_alone(paths, tmp_path):
    ensure_authority(paths, clock)
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(StateError, match=r"no trusted roots found in: .*empty\.pem"):
        ensure_bundle(paths, {"SSL_CERT_FILE": str(tmp_path / "empty.pem")})
    assert not paths.ca_bundle.exists()


@pytest.mark.parametrize(
    ("environ", "system", "expected"),
    [
        ({}, ["missing", "system"], ["system"]),
        ({}, ["missing"], [certifi.where()]),
        ({"SSL_CERT_FILE": "company"}, ["system"], ["company"]),
        ({"SSL_CERT_FILE": "missing"}, ["system"], ["system"]),  # as OpenSSL does
        ({"NODE_EXTRA_CA_CERTS": "company"}, ["system"], ["system", "company"]),
        ({"PIP_CERT": "company", "AWS_CA_BUNDLE": "company"}, ["system"], ["system", "company"]),
        ({"PIP_CERT": "missing", "AWS_CA_BUNDLE": ""}, ["system"], ["system"]),
    ],
)
def test_root_files(tmp_path, monkeypatch, environ, system, expected):
    monkeypatch.chdir(tmp_path)
    for name in ("system", "company"):
        Path(name).write_text("")
    assert root_files(environ, system) == tuple(Path(name) for name in expected)


# Clients: mitmproxy signs a leaf with the key file, as it does at run time.


class TlsServer:
    """Answers every connection on a thread, with a certificate for api.openai.com that the authority signed."""

    def __init__(self, paths, tmp_path):
        store = certs.CertStore.from_store(paths.ca_dir, "mitmproxy", 2048)
        entry = store.get_cert("api.openai.com", [x509.DNSName("api.openai.com")])
        leaf = tmp_path / "leaf.pem"
        leaf.write_bytes(key_pem(entry.privatekey) + entry.cert.to_pem())
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(leaf)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), client, self.context.wrap_socket(client, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")


@pytest.fixture
def served(tmp_path):
    paths = StatePaths(tmp_path / "state")
    ensure_authority(paths)
    ensure_bundle(paths, {})
    server = TlsServer(paths, tmp_path)
    yield paths, server
    server.socket.close()


def test_python_strict(served):
    paths, server = served
    context = ssl.create_default_context(cafile=paths.ca_bundle)
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    async def connect(name):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context, server_hostname=name)
        writer.close()

    asyncio.run(connect("api.openai.com"))
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(connect("bank.example.com"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl(served):
    paths, server = served
    command = ["curl", "-q", "-sS", "--noproxy", "*", "--connect-to", f"::127.0.0.1:{server.port}"]
    for bundle, code in [(paths.ca_bundle, 0), (paths.ca_cert, 0), (certifi.where(), 60)]:
        done = subprocess.run(
            [*command, "--cacert", bundle, "https://api.openai.com/"], capture_output=True, timeout=30
        )
        assert done.returncode == code, done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_node(served):
    paths, server = served
    script = f"""
        require("https").get(
            {{host: "127.0.0.1", port: {server.port}, servername: "api.openai.com", headers: {{host: "api.openai.com"}}}},
            (reply) => process.exit(reply.statusCode === 200 ? 0 : 3),
        ).on("error", () => process.exit(4));
    """
    for extra, code in [(paths.ca_cert, 0), (paths.ca_bundle, 0), ("/dev/null", 4)]:
        done = subprocess.run(["node", "-e", script], env={"NODE_EXTRA_CA_CERTS": str(extra)}, timeout=30)
        assert done.returncode == code
