"""Requests as a hostile insider or a clumsy client writes them: whatever the bytes, the name never reaches the vendor.

Each attack is raw bytes on a socket, sent through the proxy's tunnel and to the gateway. What counts is what the vendor
could read in what arrived, in any encoding, and that it saw no request that Privet didn't decide on.
"""

import asyncio
import base64
import contextlib
import gzip
import html
import json
import re
import ssl
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
import zstandard

from detectors.encoded import LEVELS
from tests.fakes.privet import Running, running
from tests.fakes.recording import SeenRequest
from tests.fakes.vendor import Vendor
from tests.fakes.ways import NAME

pytestmark = pytest.mark.e2e

HOST = "api.openai.com"
PATH = "/v1/chat/completions"
PATIENCE = 3.0  # for attacks that get no answer at all


def chat(text: str = NAME) -> bytes:
    return json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}).encode()


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


CLEAN = chat("hello")


def request(
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = PATH,
    version: str = "1.1",
    kind: str | None = "application/json",
    length: bool = True,
    more: tuple[str, ...] = (),
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", f"Host: {HOST}", *([f"Content-Type: {kind}"] if kind else []), *more]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def chunked(*pieces: bytes, trailers: bytes = b"", extension: bytes = b"") -> bytes:
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head.encode() + framed + b"0\r\n" + trailers + b"\r\n"


def coded(data: bytes, coding: str) -> bytes:
    return request(data, more=(f"Content-Encoding: {coding}",))


def multipart(inner: bytes) -> bytes:
    return request(inner.replace(b"\n", b"\r\n"), path="/v1/files", kind="multipart/form-data; boundary=b")


SECOND = request(chat(), path="/v1/smuggled")
ESCAPED = chat("X").replace(b"X", b"\\u0041nna\\u0020Schmidt")
TWICE = json.dumps(json.dumps(json.dumps({"note": NAME}))).encode()
PART = b'--b\nContent-Disposition: form-data; name="purpose"\n\nassistants\n'

ATTACKS: dict[str, bytes] = {
    # JSON
    "a key twice, the first dirty": b'{"messages": [{"role": "user", "content": "%s"}], "messages": []}' % NAME.encode(),
    "a key twice, the last dirty": b'{"messages": [], "messages": [{"role": "user", "content": "%s"}]}' % NAME.encode(),
    "escapes": ESCAPED,
    "in a key": b'{"messages": [], "%s": 1}' % NAME.encode(),
    "in a huge key": b'{"messages": [], "%s%s": 1}' % (b"x" * 50_000, NAME.encode()),
    "JSON in JSON in JSON": chat(TWICE.decode()),
    "text after the JSON": CLEAN + NAME.encode(),
    "another JSON after the JSON": CLEAN + chat(),
    "NUL and text after the JSON": CLEAN + b"\0" + NAME.encode(),
    "text before the JSON": NAME.encode() + CLEAN,
    "a comment": CLEAN + b"/* %s */" % NAME.encode(),
    "a comment inside": CLEAN.replace(b'"model"', b'/* %s */ "model"' % NAME.encode()),
    "single quotes": b"{'messages': '%s'}" % NAME.encode(),
    "a bare word": NAME.encode(),
    "a lone string": json.dumps(NAME).encode(),
    "a lone surrogate": chat("X").replace(b"X", b"\\ud800" + NAME.encode()),
    "a control character": chat("X").replace(b"X", b"\x01" + NAME.encode()),
    "an overlong UTF-8 sequence": chat("X").replace(b"X", b"\xc1\x81nna Schmidt"),
    # ways to write a text that a model reads nevertheless
    "percent": chat(f"decode {percent(NAME)} please"),
    "percent, one letter of it": chat("decode %41nna Schmidt please"),
    "percent, three times": chat("decode " + urllib.parse.quote(urllib.parse.quote(percent(NAME)))),
    "backslash u": chat("".join(f"\\u{ord(c):04x}" for c in NAME)),
    "backslash u, its backslashes escaped": chat("".join(f"\\\\u{ord(c):04X}" for c in NAME)),
    "backslash x": chat("".join(f"\\x{ord(c):02x}" for c in NAME)),
    "backslash u in braces": chat("".join(f"\\u{{{ord(c):x}}}" for c in NAME)),
    "entities": chat("".join(f"&#{ord(c)};" for c in NAME)),
    "entities in hex, escaped": chat(html.escape("".join(f"&#x{ord(c):x};" for c in NAME))),
    "named entities": chat(NAME.replace(" ", "&nbsp;")),
    "several ways at once": chat("&#65;n\\u006ea%20Schmid\\x74"),
    "hex": chat(f"decode {NAME.encode().hex()} please"),
    "hex in capitals with 0x": chat(f"decode 0x{NAME.encode().hex().upper()} please"),
    "base32": chat(f"decode {base64.b32encode(NAME.encode()).decode()} please"),
    "percent in base64": chat(base64.b64encode(percent(NAME).encode()).decode()),
    "base64 in hex": chat(base64.b64encode(b"to: Anna Schmidt").hex()),
    "a Cyrillic letter": chat("Аnnа Sсhmidt"),
    "a Greek letter": chat("Αnna Schmidt"),
    # encodings of characters
    "a byte order mark": b"\xef\xbb\xbf" + chat(),
    "UTF-16 with a mark": chat().decode().encode("utf-16"),
    "UTF-16 without one": chat().decode().encode("utf-16-le"),
    "UTF-32": chat().decode().encode("utf-32"),
    "EBCDIC": chat().decode().encode("cp500"),
}  # fmt: skip
WRITTEN = tuple(ATTACKS)[tuple(ATTACKS).index("percent") : tuple(ATTACKS).index("a byte order mark")]
RAW: dict[str, bytes] = {
    **{name: request(body) for name, body in ATTACKS.items()},
    "UTF-16 that says so": request(chat().decode().encode("utf-16"), kind="application/json; charset=utf-16"),
    "UTF-7 that says so": request(chat("X").replace(b"X", b"+AEE-nna Schmidt"), kind="application/json; charset=utf-7"),
    "UTF-7 text that says so": request(b"+AEE-nna Schmidt", kind="text/plain; charset=utf-7"),
    "UTF-16 text that says so": request(NAME.encode("utf-16"), kind="text/plain; charset=utf-16"),
    # in the head
    "in a header of its own": request(CLEAN, more=(f"X-Title: {NAME}",)),
    "in a header, percent-encoded": request(CLEAN, more=("X-Title: Anna%20Schmidt",)),
    "in a header, base64": request(CLEAN, more=("X-Title: " + base64.b64encode(b"to: Anna Schmidt").decode(),)),
    "in a header that came twice": request(CLEAN, more=("X-Title: ok", f"X-Title: {NAME}")),
    "in the user agent": request(CLEAN, more=(f"User-Agent: curl/8.5.0 ({NAME})",)),
    "in the organisation": request(CLEAN, more=(f"OpenAI-Organization: {NAME}",)),
    "in what is accepted": request(CLEAN, more=(f'Accept: text/plain; note="{NAME}"',)),
    "in the language": request(CLEAN, more=(f"Accept-Language: {NAME}",)),
    "instead of a credential": request(CLEAN, more=(f"Authorization: Bearer {NAME}",)),
    "in a parameter of the content type": request(CLEAN, kind=f'application/json; note="{NAME}"'),
    "in a trace's baggage": request(CLEAN, more=(f"Baggage: user={NAME}",)),
    "as a method": request(CLEAN, method="Anna-Schmidt"),
    # what the body is
    **{
        f"JSON as {kind}": request(chat(), kind=kind)
        for kind in (
            None, "text/plain", "text/html", "application/octet-stream", "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x", "multipart/form-data", "image/png", "audio/wav", "application/pdf",
            "application/xml", "application/grpc", "application/connect+proto", "application/x-ndjson",
            "application/jsonl", "application/json+unknown", "nonsense", "application/json, text/plain", "",
        )
    },
    "a form as JSON": request(f"note={NAME}".replace(" ", "+").encode()),
    "a form": request(f"note={NAME}".replace(" ", "+").encode(), kind="application/x-www-form-urlencoded"),
    "a form with a name as key": request(b"Anna+Schmidt=1", kind="application/x-www-form-urlencoded"),
    "a form, percent-encoded": request(b"n=%41nna%20Schmidt", kind="application/x-www-form-urlencoded"),
    "two content types": request(chat(), kind="text/plain", more=("Content-Type: application/json",)),
    "lines of JSON": request(CLEAN + b"\n" + chat() + b"\n", kind="application/jsonl"),
    "lines of JSON, the last broken": request(CLEAN + b'\n{"a": "' + NAME.encode(), kind="application/jsonl"),
    "in a multipart preamble": multipart(NAME.encode() + b"\n" + PART + b"--b--\n"),
    "in a multipart epilogue": multipart(PART + b"--b--\n" + NAME.encode()),
    "in a multipart field": multipart(PART.replace(b"assistants", NAME.encode()) + b"--b--\n"),
    "in a multipart field's name": multipart(PART.replace(b"purpose", NAME.encode()) + b"--b--\n"),
    "in a multipart file name": multipart(PART.replace(b'"purpose"', b'"file"; filename="%s.txt"' % NAME.encode()) + b"--b--\n"),
    "in a multipart header": multipart(PART.replace(b"\n\n", b"\nX-Note: %s\n\n" % NAME.encode(), 1) + b"--b--\n"),
    "in a multipart without end": multipart(PART.replace(b"assistants", NAME.encode())),
    "in a multipart part, base64": multipart(
        PART.replace(b"\n\n", b"\nContent-Transfer-Encoding: base64\n\n", 1).replace(
            b"assistants", base64.b64encode(NAME.encode())) + b"--b--\n"),
    "as a multipart boundary": request(
        (PART + b"--b--\n").replace(b"\n", b"\r\n").replace(b"--b", b"--Anna-Schmidt"),
        path="/v1/files", kind="multipart/form-data; boundary=Anna-Schmidt"),
    "as a quoted multipart boundary": request(
        (PART + b"--b--\n").replace(b"\n", b"\r\n").replace(b"--b", b"--" + NAME.encode()),
        path="/v1/files", kind=f'multipart/form-data; boundary="{NAME}"'),
    "in the type of a multipart part": multipart(
        PART.replace(b"\n\n", b'\nContent-Type: text/plain; note="%s"\n\n' % NAME.encode(), 1) + b"--b--\n"),
    "as the type of a multipart part": multipart(
        PART.replace(b"\n\n", b"\nContent-Type: %s\n\n" % NAME.encode(), 1) + b"--b--\n"),
    "as the id of a multipart part": multipart(
        PART.replace(b"\n\n", b"\nContent-ID: %s\n\n" % NAME.encode(), 1) + b"--b--\n"),
    "as the length of a multipart part": multipart(
        PART.replace(b"\n\n", b"\nContent-Length: %s\n\n" % NAME.encode(), 1) + b"--b--\n"),
    "as the encoding of a multipart part": multipart(
        PART.replace(b"\n\n", b"\nContent-Transfer-Encoding: %s\n\n" % NAME.encode(), 1) + b"--b--\n"),
    "in a multipart body within a part": multipart(
        PART.replace(b"\n\n", b"\nContent-Type: multipart/mixed; boundary=c\n\n", 1).replace(
            b"assistants", b"--c\nContent-Transfer-Encoding: quoted-printable\n\nAnna=20Schmidt\n--c--") + b"--b--\n"),
    "in a multipart disposition": multipart(PART.replace(b'"purpose"', b'"purpose"; note="%s"' % NAME.encode()) + b"--b--\n"),
    "in a date of a multipart disposition": multipart(
        PART.replace(b'"purpose"', b'"purpose"; creation-date="%s"' % NAME.encode()) + b"--b--\n"),
    "in the name of an upload": request(
        b"hello", path="/upload/v1beta/files", kind="text/plain",
        more=("X-Goog-Upload-Command: upload, finalize", f"X-Goog-Upload-File-Name: {NAME}.txt")),
    # content codings
    "gzip": coded(gzip.compress(chat()), "gzip"),
    "x-gzip, in capitals": coded(gzip.compress(chat()), "X-GZIP"),
    "deflate": coded(zlib.compress(chat()), "deflate"),
    "raw deflate": coded(zlib.compress(chat())[2:-4], "deflate"),
    "brotli": coded(brotli.compress(chat()), "br"),
    "zstd": coded(zstandard.compress(chat()), "zstd"),
    "gzip in gzip": coded(gzip.compress(gzip.compress(chat())), "gzip, gzip"),
    "gzip in gzip, once said": coded(gzip.compress(gzip.compress(chat())), "gzip"),
    "gzip that says identity": coded(gzip.compress(chat()), "identity"),
    "gzip that says nothing": request(gzip.compress(chat())),
    "gzip that says nothing, as text": request(gzip.compress(chat()), kind="text/plain"),
    "plain that says gzip": coded(chat(), "gzip"),
    "two gzip members": coded(gzip.compress(CLEAN[:20]) + gzip.compress(CLEAN[20:] + NAME.encode()), "gzip"),
    "text after the gzip": coded(gzip.compress(CLEAN) + NAME.encode(), "gzip"),
    "text after the zstd": coded(zstandard.compress(CLEAN) + NAME.encode(), "zstd"),
    "two zstd frames": coded(zstandard.compress(CLEAN) + zstandard.compress(NAME.encode()), "zstd"),
    "in a zstd skippable frame": coded(
        b"\x50\x2a\x4d\x18" + len(NAME).to_bytes(4, "little") + NAME.encode() + zstandard.compress(CLEAN), "zstd"),
    "in a zstd frame behind": coded(
        zstandard.compress(CLEAN) + b"\x50\x2a\x4d\x18" + len(NAME).to_bytes(4, "little") + NAME.encode(), "zstd"),
    "in a gzip header": coded(gzip.compress(CLEAN)[:3] + b"\x10" + gzip.compress(CLEAN)[4:10] + NAME.encode() + b"\0"
                              + gzip.compress(CLEAN)[10:], "gzip"),
    "two content codings, one lies": request(chat(), more=("Content-Encoding: gzip", "Content-Encoding: identity")),
    "an empty content coding": coded(chat(), ""),
    # framing
    "chunks": chunked(chat()[:10], chat()[10:]),
    "a chunk extension": chunked(CLEAN, extension=b';note="%s"' % NAME.encode()),
    "a trailer": chunked(CLEAN, trailers=b"X-Note: %s\r\n" % NAME.encode()),
    "a length and chunks": request(b"0\r\n\r\n" + SECOND, more=("Transfer-Encoding: chunked",)),
    "chunks twice": request(b"0\r\n\r\n" + SECOND, length=False, more=("Transfer-Encoding: chunked, chunked",)),
    "chunks with a space before": request(b"0\r\n\r\n" + SECOND, more=("Transfer-Encoding : chunked",)),
    "chunks that are not quite": request(b"0\r\n\r\n" + SECOND, more=("Transfer-Encoding: xchunked",)),
    "chunks with a tab": request(b"0\r\n\r\n" + SECOND, more=("Transfer-Encoding:\tchunked",)),
    "two lengths": request(CLEAN + SECOND, length=False, more=(f"Content-Length: {len(CLEAN)}", "Content-Length: 0")),
    "a length with a plus": request(CLEAN + SECOND, length=False, more=(f"Content-Length: +{len(CLEAN)}",)),
    "a length too short": request(chat(), length=False, more=("Content-Length: 5",)),
    "a header with a line feed alone": request(chat(), more=(f"X-A: b\nContent-Length: {len(chat())}\n\n",)),
    "a folded header": request(chat(), more=("X-A: b\r\n folded",)),
    "two requests in one piece": request(CLEAN) + request(chat()),
    "a request in a body": request(CLEAN + b"\r\n" + SECOND, length=False, more=(f"Content-Length: {len(CLEAN)}",)),
    "Expect": request(chat(), more=("Expect: 100-continue",)),
    "HTTP/1.0": request(chat(), version="1.0"),
    "HTTP/0.9": b"GET /v1/Anna%20Schmidt\r\n\r\n",
    # methods
    **{f"{method} with a body": request(chat(), method=method)
       for method in ("PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "PROPFIND", "TRACE", "CONNECT", "post")},
    # the address
    "in the query": request(method="GET", path="/v1/models?note=Anna%20Schmidt", kind=None),
    "in the query, with plus": request(method="GET", path="/v1/models?note=Anna+Schmidt", kind=None),
    "as a key in the query": request(method="GET", path="/v1/models?Anna%20Schmidt", kind=None),
    "in the query, encoded twice": request(method="GET", path="/v1/models?n=Anna%2520Schmidt", kind=None),
    "in the path": request(method="GET", path="/v1/files/Anna%20Schmidt", kind=None),
    "in a path parameter": request(CLEAN, path=f"{PATH};n=Anna%20Schmidt"),
    "in the fragment": request(method="GET", path="/v1/models#Anna%20Schmidt", kind=None),
    "a path that is encoded": request(chat(), path="/v1/chat%2Fcompletions"),
    "a path with dots": request(chat(), path="/v1/x/../chat/completions"),
    "a path with slashes": request(chat(), path="//v1//chat//completions"),
    "a path in capitals": request(chat(), path="/V1/CHAT/COMPLETIONS"),
    "a path with a slash at the end": request(chat(), path=PATH + "/"),
    "an absolute address": request(chat(), path=f"https://{HOST}{PATH}"),
    "an absolute address without TLS": request(chat(), path=f"http://{HOST}{PATH}"),
    "an absolute address of another host": request(chat(), path=f"https://api.anthropic.com{PATH}"),
    "a host with a port": request(chat()).replace(b"Host: api.openai.com", b"Host: api.openai.com:443"),
    "a host in capitals": request(chat()).replace(b"Host: api.openai.com", b"Host: API.OpenAI.com"),
    "a host with a dot": request(chat()).replace(b"Host: api.openai.com", b"Host: api.openai.com."),
    "two hosts": request(chat(), more=("Host: evil.example",)),
    "no host": request(chat()).replace(b"Host: api.openai.com\r\n", b""),
    "an upgrade to HTTP/2": request(chat(), more=("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")),
}  # fmt: skip


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


async def exchange(privet: Running, data: bytes, *, gateway: bool) -> bytes:
    """Send raw bytes; what came back until the connection ended or nothing more comes."""
    host, port = privet.addresses["gateway" if gateway else "proxy"].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    if not gateway:
        writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        context = privet.trust()
        context.set_alpn_protocols(["http/1.1"])
        await writer.start_tls(context, server_hostname=HOST)
    writer.write(data)
    got = b""
    with contextlib.suppress(TimeoutError, ConnectionError, ssl.SSLError):
        while piece := await asyncio.wait_for(reader.read(65536), PATIENCE if not got else 0.3):
            got += piece
            if b"100 Continue" in got and got.count(b"HTTP/1") == 1:
                got = b""
    writer.close()
    return got


def readings(data: bytes) -> Iterator[str]:
    """What a reader could make of bytes: as they are, decompressed, in other encodings, unescaped."""
    yield from _texts(data)
    for unpack in (gzip.decompress, zlib.decompress, lambda b: zlib.decompress(b, -15), brotli.decompress,
                   lambda b: zstandard.ZstdDecompressor().decompressobj().decompress(b)):  # fmt: skip
        try:
            unpacked = unpack(data)
        except Exception:
            continue
        if unpacked and unpacked != data:
            yield from readings(unpacked)


def _texts(data: bytes) -> Iterator[str]:
    for coding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-7", "cp500"):
        text = data.decode(coding, "replace").replace("\0", "")
        yield text
        yield urllib.parse.unquote_plus(text)
        yield re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        yield _undone(text).replace("\u00a0", " ").translate(str.maketrans("АаеосΑ", "AaeocA"))
    for found in re.findall(rb"[A-Za-z0-9+/]{16,}={0,6}", data):
        for decode in (base64.b64decode, base64.b32decode, bytes.fromhex):
            with contextlib.suppress(ValueError):
                said = decode(found.removeprefix(b"0x").decode()).decode("latin-1")
                yield from (said, _undone(said))
                if decode == bytes.fromhex:
                    yield base64.b64decode(said).decode("latin-1")


def _undone(text: str) -> str:
    """Percent, entities and backslashes undone, to four levels."""
    for _ in range(4):
        text = re.sub(
            r"\\+(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))",
            lambda match: chr(int(match[1] or match[2] or match[3], 16)),
            html.unescape(urllib.parse.unquote(text)),
        )
    return text


def leaked(seen: SeenRequest) -> bool:
    head = "\n".join([seen.path, *(f"{name}: {value}" for name, value in seen.headers)]).encode("latin-1", "replace")
    texts = [*readings(head), *readings(seen.body), urllib.parse.unquote(urllib.parse.unquote(seen.path))]
    return any(NAME in text or "nna Schmidt" in text or "Anna-Schmidt" in text for text in texts)


@pytest.mark.parametrize("gateway", [False, True], ids=["proxy", "gateway"])
@pytest.mark.parametrize("name", RAW)
async def test_attack(tmp_path: Path, vendor: Vendor, name: str, gateway: bool) -> None:
    async with running(tmp_path, vendor) as privet:
        await exchange(privet, RAW[name], gateway=gateway)
        let_go = [event for event in privet.store.intents if event.decision.effect == "allow"]
    assert not [seen.path for seen in vendor.requests if leaked(seen)]
    assert not [seen.path for seen in vendor.requests if "smuggled" in seen.path]
    assert len(vendor.requests) <= len(let_go), "the vendor saw a request that nobody decided on"


@pytest.mark.parametrize("gateway", [False, True], ids=["proxy", "gateway"])
async def test_what_is_encoded_deeper_than_is_read_stays_here(tmp_path: Path, vendor: Vendor, gateway: bool) -> None:
    text = NAME
    for _ in range(LEVELS + 1):
        text = base64.b64encode(text.encode()).decode()
    async with running(tmp_path, vendor) as privet:
        answer = await exchange(privet, request(chat(text)), gateway=gateway)
        (event,) = privet.store.intents
    assert vendor.requests == []
    assert b" 403 " in answer.split(b"\r\n")[0]
    assert (event.decision.effect, b"too_large" in answer) == ("block", True)


@pytest.mark.parametrize("gateway", [False, True], ids=["proxy", "gateway"])
async def test_what_is_no_attack_goes(tmp_path: Path, vendor: Vendor, gateway: bool) -> None:
    """The counter-check: the same harness gets clean and redacted requests through, whole and compressed."""
    fine = [request(CLEAN), chunked(CLEAN[:9], CLEAN[9:]), coded(gzip.compress(CLEAN), "gzip"), request(chat())]
    async with running(tmp_path, vendor) as privet:
        for data in fine:
            assert b" 200 " in (await exchange(privet, data, gateway=gateway)).split(b"\r\n")[0]
    assert len(vendor.requests) == len(fine)
    assert [CLEAN in list(map(str.encode, readings(seen.body))) for seen in vendor.requests] == [
        True,
        True,
        True,
        False,
    ]
    assert vendor.saw("PERSON_")


def test_the_reader_sees_what_it_should() -> None:
    """The measure itself: each way of hiding the name is seen through."""
    for data in (chat(), ESCAPED, gzip.compress(gzip.compress(chat())), chat().decode().encode("utf-16"),
                 b"+AEE-nna Schmidt", base64.b64encode(b"to: Anna Schmidt"), b"Anna%20Schmidt", brotli.compress(chat()),
                 zstandard.compress(chat()), zlib.compress(chat())[2:-4], b"Anna+Schmidt",
                 *(data for name, data in ATTACKS.items() if name in WRITTEN)):  # fmt: skip
        assert leaked(SeenRequest("POST", "/", (), data, 0, tls=True)), data
    assert not leaked(SeenRequest("POST", "/", (), CLEAN, 0, tls=True))
