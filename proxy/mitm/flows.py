"""What a mitmproxy flow says, and how it is changed: names, headers, aim, framing. Pure, but for the flow handed in."""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from mitmproxy import http

from proxy.message import Request

_FAILED = b'{"error": {"message": "Privet failed before it could inspect this request.", "code": "privet_failed"}}'
_FAILED_HEADERS = ((b"content-type", b"application/json"), (b"content-length", str(len(_FAILED)).encode()))
_PRIVATE = frozenset({b"proxy-authorization", b"proxy-connection"})


def client_address(flow: http.HTTPFlow) -> str:
    """The address that the client's connection comes from."""
    return str(flow.client_conn.peername[0])


def own_address(flow: http.HTTPFlow) -> str:
    """The address at which the client reached the gateway."""
    host, port = flow.client_conn.sockname[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def names(flow: http.HTTPFlow) -> list[str]:
    """Every name that says where this request goes: destination, SNI, Host header, authority."""
    request = flow.request
    found = [request.host, flow.client_conn.sni, request.host_header]
    found.append(urlsplit(request.authority).hostname if "://" in request.authority else request.authority)
    if flow.server_conn.address is not None and flow.client_conn.sni is not None:
        found.append(flow.server_conn.address[0])
    found += request.headers.get_all("host")
    return [host_name(name) for name in found if name]


def host_name(name: str) -> str:
    """A host name without port, user information and trailing dot, lower case."""
    return (urlsplit(f"//{name}").hostname or name).rstrip(".").lower()


def headers_of(flow: http.HTTPFlow) -> dict[str, str]:
    """By lower-case name; a header that was sent twice is one list, so that a second content type isn't overlooked.

    HTTP/2 cuts cookies into pieces (RFC 9113, 8.2.3), which are put together again.
    """
    found: dict[str, str] = {}
    for name, value in flow.request.headers.items(multi=True):
        lower = name.lower()
        joint = "; " if lower == "cookie" else ", "
        found[lower] = f"{found[lower]}{joint}{value}" if lower in found else value
    return found


def request_of(flow: http.HTTPFlow, headers: Mapping[str, str], host: str) -> Request:
    """The request as the dialects see it."""
    request = flow.request
    return Request(
        method=request.method,
        host=host_name(host),
        path=request.path,
        headers=headers,
        body=request.raw_content or b"",
    )


def aim(flow: http.HTTPFlow, base: str, path: str) -> None:
    """Point a gateway flow at its provider. A base URL's own path goes in front."""
    parts = urlsplit(base)
    request = flow.request
    request.scheme = parts.scheme
    request.port = parts.port or (443 if parts.scheme == "https" else 80)
    request.host = parts.hostname or ""
    request.path = parts.path.rstrip("/") + path


def turn_back(response: http.Response, base: str, own: str) -> None:
    """Addresses of the vendor's that a gateway's client would send a body to next become the gateway's own.

    An address elsewhere is left out: its client would go past Privet with what it has to send.
    """
    for name in ("location", "x-goog-upload-url", "x-goog-upload-control-url"):
        address = response.headers.get(name)
        if address is None or not address.startswith(("http:", "https:", "//")):
            continue
        if address.startswith(f"{base}/"):
            response.headers[name] = own + address.removeprefix(base)
        elif name != "location" or response.status_code > 303:
            del response.headers[name]


def strip(flow: http.HTTPFlow, *more: str) -> None:
    """Headers that are between the client and Privet, and these too."""
    headers = flow.request.headers
    unwanted = _PRIVATE.union(name.lower().encode() for name in more)
    left = [pair for pair in headers.fields if not _is_private(pair[0].lower(), unwanted)]
    if len(left) < len(headers.fields):
        headers.fields = tuple(left)


def _is_private(name: bytes, unwanted: frozenset[bytes]) -> bool:
    return name in unwanted or name.startswith(b"x-privet-")


def frame(request: http.Request) -> None:
    """One unambiguous length. A body without one would be read as a second request by an HTTP/1 upstream."""
    request.trailers = None
    request.headers.pop("transfer-encoding", None)
    request.headers.pop("trailer", None)
    length = len(request.raw_content or b"")
    if length or request.method in {"POST", "PUT", "PATCH"} or "content-length" in request.headers:
        request.headers["content-length"] = str(length)


def failed() -> http.Response:
    """The refusal that a request carries until it has a verdict."""
    now = time.time()
    return http.Response(
        b"HTTP/1.1", 503, b"Service Unavailable", http.Headers(_FAILED_HEADERS), _FAILED, None, now, now
    )


def ask_for_credentials() -> http.Response:
    """What a proxy says to a client that it doesn't know."""
    return http.Response.make(
        407,
        b"Privet does not know these proxy credentials.\n",
        {"proxy-authenticate": 'Basic realm="Privet"', "content-type": "text/plain"},
    )


def error_word(message: str) -> str:
    """A code word for the log: mitmproxy's own messages may quote names and headers."""
    lower = message.lower()
    for needle, word in (
        ("client disconnected", "client_disconnected"),
        ("reset by client", "client_disconnected"),
        ("certificate", "upstream_certificate"),
        ("tls", "upstream_tls"),
        ("body_size_limit", "too_large"),
        ("closed connection", "upstream_closed"),
        ("connect", "upstream_unreachable"),
        ("resolve", "upstream_unreachable"),
        ("name or service", "upstream_unreachable"),
    ):
        if needle in lower:
            return word
    return "flow_error"
