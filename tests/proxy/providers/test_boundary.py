"""Boundaries: what a person could have put there goes, what clients make up stays, and the parts are the same."""

import random
import string
import uuid

import aiohttp
import httpx
import pytest
from urllib3.filepost import encode_multipart_formdata

from proxy.message import Request
from proxy.providers.boundary import is_usual, renamed
from proxy.providers.multipart import boundary_of, parts_of


def request(boundary: str, body: bytes, content_type: str = 'multipart/form-data; boundary="{}"') -> Request:
    headers = {"content-type": content_type.format(boundary), "x-a": "b"}
    return Request("POST", "api.openai.com", "/v1/files", headers, body)


def form(boundary: str, value: bytes = b"hello") -> bytes:
    head = b'\r\nContent-Disposition: form-data; name="%b"\r\n\r\n'
    parts = (b"--" + boundary.encode() + head % name + value + b"\r\n" for name in (b"a", b"b"))
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


RANDOM = random.Random(7)


def some(count: int, characters: str = string.ascii_letters + string.digits) -> str:
    return "".join(RANDOM.choices(characters, k=count))


def digits(count: int) -> str:
    return some(count, string.digits)


def figures(count: int) -> str:
    return some(count - 2, "0123456789abcdef") + "af"


def any_uuid() -> str:
    return str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))


MADE_UP = {
    "Chrome": lambda: f"----WebKitFormBoundary{some(16)}",
    "Firefox": lambda: "-" * 27 + digits(29),
    "a newer Firefox": lambda: f"----geckoformboundary{figures(32)}",
    "curl": lambda: f"------------------------{figures(16)}",
    "Python's email": lambda: f"==============={digits(19)}==",
    "requests, httpx": lambda: figures(32),
    "Go": lambda: figures(60),
    "undici": lambda: f"----formdata-undici-0{digits(11)}",
    "form-data": lambda: "-" * 26 + digits(24),
    "formdata-node": lambda: f"form-data-boundary-{some(16)}",
    "axios": lambda: f"axios-1.7.9-boundary-{some(16)}",
    "okhttp": any_uuid,
    "Apple": lambda: f"Boundary-{any_uuid().upper()}",
    "Alamofire": lambda: f"alamofire.boundary.{figures(16)}",
    "reqwest": lambda: "-".join(figures(16) for _ in range(4)),
    "Ruby": lambda: f"-----------RubyMultipartPost-{figures(32)}",
    "a script": lambda: "--b",
    "a script with a word": lambda: "----boundary",
}


@pytest.mark.parametrize("client", MADE_UP)
def test_what_clients_make_up_stays(client: str) -> None:
    for _ in range(50):
        boundary = MADE_UP[client]()
        assert is_usual(boundary.encode()), boundary
        assert renamed(request(boundary, form(boundary))) is None


async def test_what_client_libraries_make_up_stays() -> None:
    for _ in range(20):
        types = [
            httpx.Request("POST", "https://x", files={"a": b"b"}).headers["content-type"],
            encode_multipart_formdata({"a": "b"})[1],
            aiohttp.MultipartWriter("form-data").content_type,
        ]
        assert all(is_usual(boundary_of(kind)) for kind in types)


SPOKEN = [
    "hunter2-secret",
    "sk-proj-abcdefghijklmnopqrstuvwx",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "Anna Schmidt",
    "----Anna.Schmidt",
    "378282246310005",
    "DE89370400440532013000",
    "WebKitFormBoundaryAnna Schmidt",
    "de89370400440532013000",
    "0123456789abcdef+Anna",
]


@pytest.mark.parametrize("boundary", SPOKEN)
def test_what_a_person_could_have_put_there_goes(boundary: str) -> None:
    body = form(boundary)
    new = renamed(request(boundary, body))
    assert new is not None
    assert boundary not in new.headers["content-type"]
    assert boundary.encode() not in new.body
    assert new.headers["x-a"] == "b"
    old_parts, new_parts = (
        parts_of(body, boundary.encode()),
        parts_of(new.body, boundary_of(new.headers["content-type"])),
    )
    said = [(part.name, body[slice(*part.data)]) for part in old_parts]
    assert said == [(part.name, new.body[slice(*part.data)]) for part in new_parts]
    assert renamed(new) is None


def test_the_rest_of_the_content_type_stays() -> None:
    kind = 'multipart/form-data; a="x y"; boundary={}; charset=utf-8'
    new = renamed(request("Anna-Schmidt", form("Anna-Schmidt"), kind))
    assert new is not None
    made = boundary_of(new.headers["content-type"]).decode()
    assert new.headers["content-type"] == kind.format(made)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=Anna-Schmidt", b""),
        ("multipart/form-data", form("Anna-Schmidt")),
        ("multipart/form-data; boundary=Anna-Schmidt", b"text before\r\n" + form("Anna-Schmidt")),
        ("multipart/form-data; boundary=Anna-Schmidt", form("Anna-Schmidt", b"x--Anna-Schmidt")),
        ("application/json; boundary=Anna-Schmidt", form("Anna-Schmidt")),
    ],
)
def test_what_cannot_be_read_is_left_for_who_refuses_it(content_type: str, body: bytes) -> None:
    assert renamed(Request("POST", "api.openai.com", "/v1/files", {"content-type": content_type}, body)) is None
