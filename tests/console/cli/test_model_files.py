"""`privet models fetch|add|remove`: a company's own models, from its mirror, with their licences asked for."""

import functools
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from click.testing import CliRunner, Result

from console.cli.models import command
from local_models import catalog
from local_models.catalog import path_of, spec_of
from policy.load import load_policy


def run(*args: str) -> Result:
    return CliRunner().invoke(command, args, catch_exceptions=False)


def shown(done: Result) -> Any:
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("PIP_INDEX_URL", "HF_ENDPOINT", "HF_TOKEN", "PRIVET_MODELS_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRIVET_MODELS_DIR", str(tmp_path / "models"))
    yield tmp_path / "models"
    for path in list(catalog._verified):
        if path.is_relative_to(tmp_path):
            del catalog._verified[path]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A file that is whole, if small."""
    path = tmp_path / "ours.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4096)
    writer.add_chat_template("<|start_header_id|>")
    writer.add_tensor("token_embd.weight", np.zeros((64, 32), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and where it is served."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield folder, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("name", ["fetch", "add", "remove"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"privet models {name}" in done.output


def test_a_file_of_ones_own(ours: Path) -> None:
    added = shown(run("add", "ours", str(ours), "--licence", "MIT", "--languages", "en, de", "--about", "x", "--json"))
    assert added == {
        "name": "ours",
        "sha256": hashlib.sha256(ours.read_bytes()).hexdigest(),
        "size": ours.stat().st_size,
        "context": 4096,
    }
    spec = spec_of("ours")
    assert (spec.frame, spec.languages, spec.source) == ("llama3", ("en", "de"), f"file:{ours}")
    assert path_of("ours") == ours
    assert "ours" in run("list").output
    assert [row["name"] for row in shown(run("list", "--json"))][-1] == "ours"
    assert run("verify").output.count("ok ") >= 2
    assert shown(run("remove", "ours", "--json")) == {"name": "ours", "removed": []}
    assert ours.exists()
    assert run("remove", "ours").exit_code == 2


def test_a_policy_can_name_it(ours: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "schema: privet.policy/1\nid: x\nmodels: {inside: {backend: embedded, model: ours}}\n"
        "rules: [{id: r, effect: reroute, obligations: [{to: inside}]}]\n"
    )
    with pytest.raises(Exception, match="no embedded model is called 'ours'"):
        load_policy(policy)
    assert run("add", "ours", str(ours), "--licence", "MIT").exit_code == 0
    assert load_policy(policy).embedded_models() == {"ours"}


def test_a_changed_file_is_refused(ours: Path) -> None:
    assert run("add", "ours", str(ours), "--licence", "MIT").exit_code == 0
    ours.write_bytes(ours.read_bytes() + b"x")
    done = run("verify")
    assert done.exit_code == 1
    assert "BAD  ours" in done.output
    assert run("fetch", "ours").exit_code == 1


def test_a_licence_that_may_limit_use_is_asked_for(ours: Path) -> None:
    args = ("add", "ours", str(ours), "--licence", "Gemma", "--licence-url", "https://licence.example/")
    done = run(*args)
    assert done.exit_code == 2
    assert "Read it at https://licence.example/; then say --accept-licence" in done.stderr
    assert run(*args, "--accept-licence").exit_code == 0
    assert spec_of("ours").licence_accepted


def test_from_a_mirror_with_a_pinned_hash(ours: Path, mirror: tuple[Path, str], models: Path) -> None:
    folder, base = mirror
    (folder / "q8.gguf").write_bytes(ours.read_bytes())
    sha256 = hashlib.sha256(ours.read_bytes()).hexdigest()
    args = ("add", "tiny", f"{base}/q8.gguf", "--licence", "MIT")
    assert "--sha256, or take what comes with --pin" in run(*args).stderr
    assert run(*args, "--sha256", "0" * 64).exit_code == 2
    assert not (models / "models.json").exists()
    assert run(*args, "--sha256", sha256).exit_code == 0
    assert path_of("tiny") == models / "tiny.gguf"
    (models / "tiny.gguf").unlink()
    assert run("fetch", "tiny", "--offline").exit_code == 1
    assert shown(run("fetch", "tiny", "--json")) == [{"name": "tiny", "ok": True, "detail": str(models / "tiny.gguf")}]
    (models / "tiny.gguf").unlink()
    (folder / "q8.gguf").write_bytes(b"another file")
    done = run("fetch", "tiny")
    assert done.exit_code == 1
    assert "not the pinned file" in done.output
    assert not (models / "tiny.gguf").exists()


def test_what_comes_is_pinned_on_demand_and_removed(ours: Path, mirror: tuple[Path, str], models: Path) -> None:
    folder, base = mirror
    (folder / "q8.gguf").write_bytes(ours.read_bytes())
    assert run("add", "tiny", f"{base}/q8.gguf", "--licence", "MIT", "--pin").exit_code == 0
    assert spec_of("tiny").sha256 == hashlib.sha256(ours.read_bytes()).hexdigest()
    assert shown(run("remove", "tiny", "--json"))["removed"] == [str(models / "tiny.gguf")]
    assert not (models / "tiny.gguf").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("Ours", "/x.gguf"), "a name of small letters"),
        (("../ours", "/x.gguf"), "a name of small letters"),
        (("smollm2-135m", "/x.gguf"), "there is a model smollm2-135m already"),
        (("ours", "/no/such/file.gguf"), "No such file"),
        (("ours", "ftp://x/y.gguf"), "expected pypi:"),
    ],
)
def test_what_can_not_be_added(args: tuple[str, ...], says: str) -> None:
    done = run("add", *args, "--licence", "MIT")
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_file_that_is_no_model_is_not_added(tmp_path: Path, mirror: tuple[Path, str], models: Path) -> None:
    folder, base = mirror
    (folder / "page.gguf").write_bytes(b"GGUF, or so it says" * 100)
    for source in (str(folder / "page.gguf"), f"{base}/page.gguf"):
        done = run("add", "page", source, "--licence", "MIT", *(["--pin"] if source.startswith("http") else []))
        assert done.exit_code == 2
        assert "no whole GGUF file" in done.stderr
    assert (folder / "page.gguf").exists()
    assert not (models / "page.gguf").exists()
    assert not (models / "models.json").exists()


def test_shipped_models_are_there_and_stay(models: Path) -> None:
    assert run("fetch", "smollm2-135m").exit_code == 0
    done = run("remove", "smollm2-135m")
    assert done.exit_code == 2
    assert "comes with Privet" in done.stderr
    assert run("fetch", "gpt-5").exit_code == 2


@pytest.mark.parametrize("args", [("list",), ("verify",), ("prepare",), ("fetch",), ("remove", "x")])
def test_a_broken_catalogue_is_a_message(models: Path, args: tuple[str, ...]) -> None:
    models.mkdir()
    (models / "models.json").write_text("{")
    done = run(*args)
    assert done.exit_code == 2
    assert "is not JSON" in done.stderr
