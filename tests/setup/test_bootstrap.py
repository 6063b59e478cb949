"""The set-up: what it finds, what it says while it waits, and when it has nothing to do."""

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "setup" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_reads_on_the_oldest_python_that_it_promises():
    import ast

    ast.parse((ROOT / "setup" / "bootstrap.py").read_text(), feature_version=(3, 8))


# When there is something to do


@pytest.fixture
def checkout(tmp_path, bootstrap):
    for name in bootstrap.SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("python", "privet"):
        script(tmp_path / ".venv/bin" / name, "exit 0")
    bootstrap.stamp(tmp_path).write_text(bootstrap.fingerprint(tmp_path))
    return tmp_path


def test_nothing_to_do(bootstrap, checkout):
    assert bootstrap.is_ready(checkout, bootstrap.fingerprint(checkout))


@pytest.mark.parametrize(
    "change",
    ["uv.lock", "pyproject.toml", ".python-version", "setup/bootstrap.py", "local_models/catalog.py"],
)
def test_a_source_changed(bootstrap, checkout, change):
    (checkout / change).write_text("changed")
    assert not bootstrap.is_ready(checkout, bootstrap.fingerprint(checkout))


@pytest.mark.parametrize("lost", [".venv/bin/python", ".venv/bin/privet", ".venv/.privet-setup"])
def test_something_is_gone(bootstrap, checkout, lost):
    (checkout / lost).unlink()
    assert not bootstrap.is_ready(checkout, bootstrap.fingerprint(checkout))


def test_a_python_that_was_uninstalled(bootstrap, checkout):
    python = checkout / ".venv/bin/python"
    python.unlink()
    python.symlink_to(checkout / "gone")
    assert not bootstrap.is_ready(checkout, bootstrap.fingerprint(checkout))


def test_pinned_uv_is_the_one_that_locked(bootstrap):
    assert bootstrap.UV_VERSION.count(".") == 2
    assert (ROOT / ".python-version").read_text().strip() == bootstrap.PYTHON_VERSION


def test_two_setups_wait_for_each_other(bootstrap, tmp_path, capsys):
    order = []

    def second():
        with bootstrap.only_one(tmp_path / ".uv"):
            order.append("second")

    with bootstrap.only_one(tmp_path / ".uv"):
        thread = threading.Thread(target=second)
        thread.start()
        while "waiting for it" not in capsys.readouterr().out:
            time.sleep(0.01)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


# Python


def test_newest_patch_release_first(bootstrap, tmp_path):
    for version in ("3.13.2", "3.13.10", "3.13.9", "3.12.1"):
        script(tmp_path / "versions" / version / "bin/python", "exit 0")
    found = bootstrap.known_pythons(("{PYENV_ROOT}/versions/3.13*/bin/python",), {"PYENV_ROOT": str(tmp_path)})
    assert [Path(path).parts[-3] for path in found] == ["3.13.10", "3.13.9", "3.13.2"]


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        (f'exec "{sys.executable}" "$@"', True),
        ("echo 3.13 0", True),
        ("echo 3.12 0", False),
        ("echo 3.13 1", False),  # the free-threaded build
        ("echo \"pyenv: version '3.13' is not installed\" >&2; exit 1", False),
        ("echo 3.13 0; exit 1", False),  # built without a module that is needed
    ],
)
def test_is_usable(bootstrap, tmp_path, text, usable):
    assert bootstrap.is_usable(str(script(tmp_path / "python", text))) is usable


def test_a_shim_that_fails_is_passed_over(bootstrap, tmp_path, monkeypatch):
    good = script(tmp_path / "pyenv/versions/3.13.4/bin/python", "echo 3.13 0")
    shim = script(tmp_path / "shims/python3.13", "exit 1")
    uv = script(tmp_path / "uv", f'[ "$2" = find ] && echo "{shim}" || exit 1')
    monkeypatch.setattr(bootstrap, "PYTHON_PLACES", ("{PYENV_ROOT}/versions/3.13*/bin/python",))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert bootstrap.find_python(str(uv)) == str(good)


def test_no_python_says_what_to_do(bootstrap, tmp_path, monkeypatch):
    uv = script(tmp_path / "uv", "echo 'error: no network'; exit 2")
    monkeypatch.setattr(bootstrap, "PYTHON_PLACES", ())
    with pytest.raises(bootstrap.SetupError, match=r"(?s)No Python 3.13 found.*no network.*pyenv install 3.13"):
        bootstrap.find_python(str(uv))


def with_python(path, home):
    return subprocess.run(
        ["/bin/sh", ROOT / "setup/with-python", "-c", "print('it runs')"],
        env={"PATH": str(path), "HOME": str(home)},
        capture_output=True,
        text=True,
    )


def test_any_python_that_runs(tmp_path):
    script(tmp_path / "bin/python3", "exit 1")
    assert (
        with_python(tmp_path / "bin", tmp_path / "nowhere").stdout == "it runs\n"
        or not Path("/usr/bin/python3").exists()
    )
    script(tmp_path / "bin/python", f'exec "{sys.executable}" "$@"')
    assert with_python(tmp_path / "bin", tmp_path).stdout == "it runs\n"


def test_named_python_comes_first(tmp_path):
    named = script(tmp_path / "a dir/python", f'NAMED=1 exec "{sys.executable}" "$@"')
    done = subprocess.run(
        ["/bin/sh", ROOT / "setup/with-python", "-c", "import os; print(os.environ.get('NAMED'))"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHON": str(named)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "1\n"


# uv


def fake_python(path, *, venv, pip):
    """A Python whose venv and pip work or don't, and whose pip 'installs' a uv of the pinned version."""
    uv = r'printf "#!/bin/sh\necho uv %s\n" "$V" > "$1/uv"; chmod +x "$1/uv"'
    return script(
        path,
        f"""
        V=0.13.9
        put() {{ mkdir -p "$1"; {uv}; }}
        case "$2" in
        venv) {"true" if venv else "exit 1"}; mkdir -p "$4/bin"; cp "$0" "$4/bin/python";;
        pip) {"true" if pip else "echo no matching distribution; exit 1"}
             target="$(dirname "$0")"
             while [ $# -gt 0 ]; do [ "$1" = --target ] && target="$2/bin"; shift; done
             put "$target";;
        esac""",
    )


@pytest.mark.parametrize(("venv", "where"), [(True, ".uv/env/bin/uv"), (False, ".uv/target/bin/uv")])
def test_uv_in_an_environment_of_its_own(bootstrap, tmp_path, monkeypatch, venv, where):
    (tmp_path / ".uv").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "UV_VERSION", "0.13.9")
    monkeypatch.setattr(bootstrap.sys, "executable", str(fake_python(tmp_path / "python", venv=venv, pip=True)))
    assert bootstrap.find_uv() == str(tmp_path / where)


@pytest.mark.parametrize(
    ("venv", "told"), [(True, "(?s)pip could not install.*no matching"), (False, "python3-venv")], ids=["pip", "venv"]
)
def test_no_uv_says_what_to_do(bootstrap, tmp_path, monkeypatch, venv, told):
    (tmp_path / ".uv").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    monkeypatch.setattr(bootstrap.sys, "executable", str(fake_python(tmp_path / "python", venv=venv, pip=False)))
    with pytest.raises(bootstrap.SetupError, match=told):
        bootstrap.find_uv()


# Progress

LOG = "".join(f"DEBUG [{step}/140] /usr/bin/g++ -O3 -c file{step}.cpp\n" for step in range(1, 141))


def watch(bootstrap, tmp_path, text, terminal, code=0):
    log = tmp_path / "build.log"
    (tmp_path / "text").write_text(text)
    command = ["/bin/sh", "-c", f"cat '{tmp_path}/text'; exit {code}"]
    return bootstrap.watch(command, os.environ, log, bootstrap.Progress(terminal)), log.read_text()


def test_plain_progress_is_a_line_for_every_tenth(bootstrap, tmp_path, capsys):
    assert watch(bootstrap, tmp_path, LOG, terminal=False) == (0, LOG)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 10
    assert "14 of 140 files (10 %)" in told[0]
    assert "140 of 140 files (100 %)" in told[-1]


def test_terminal_progress_is_one_line(bootstrap, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bootstrap.time, "monotonic", iter(range(10_000)).__next__)
    watch(bootstrap, tmp_path, LOG, terminal=True)
    told = capsys.readouterr().out
    assert "\n" not in told
    assert "140 of 140 files (100 %)" in told
    assert told.endswith("\r\033[K")


def test_heartbeat(bootstrap, capsys, monkeypatch):
    times = iter([0.0, 29.0, 31.0, 31.0, 31.0, 60.0])
    monkeypatch.setattr(bootstrap.time, "monotonic", lambda: next(times))
    progress = bootstrap.Progress(terminal=False)
    progress.tick()
    assert capsys.readouterr().out == ""
    progress.tick()
    assert capsys.readouterr().out == "  fetching packages, 31 s\n"
    progress.tick()
    assert capsys.readouterr().out == ""


def test_exit_code_of_what_is_watched(bootstrap, tmp_path):
    assert watch(bootstrap, tmp_path, "error: no\n", terminal=False, code=2) == (2, "error: no\n")


def test_failure_starts_at_the_last_error(bootstrap):
    log = "DEBUG one\nerror: an old one\nDEBUG two\n  × Failed to build `llama-cpp-python`\n  DEBUG x\n      why\n"
    assert [line.strip() for line in bootstrap.failure(log).splitlines()] == [
        "× Failed to build `llama-cpp-python`",
        "why",
    ]


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("CMake Error: No CMAKE_CXX_COMPILER could be found.", "build-essential"),
        ("The C compiler identification is unknown", "build-essential"),
        ("No space left on device (os error 28)", "disk is full"),
        ("error: Failed to fetch: `https://pypi.org/simple/uv/`", "UV_DEFAULT_INDEX"),
        ("invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("g++: fatal error: Killed signal terminated program cc1plus", "memory"),
        ("all is well", ""),
    ],
)
def test_hint(bootstrap, log, told):
    assert told in bootstrap.hint(log)
    assert bool(told) == bool(bootstrap.hint(log))


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (312, "5 min 12 s")])
def test_duration(bootstrap, seconds, text):
    assert bootstrap.duration(seconds) == text


def test_failed_setup_is_told_and_leaves_no_stamp(bootstrap, checkout, monkeypatch, capsys):
    (checkout / "uv.lock").write_text("changed")
    (checkout / ".uv").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", checkout)
    monkeypatch.setattr(bootstrap.os, "chdir", lambda _path: None)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: str(script(checkout / "uv", "echo 'error: broken'; exit 2")))
    monkeypatch.setattr(bootstrap, "find_python", lambda _uv: sys.executable)
    assert bootstrap.main() == 1
    assert "error: broken" in capsys.readouterr().err
    assert not bootstrap.is_ready(checkout, bootstrap.fingerprint(checkout))


def set_up(bootstrap, checkout, monkeypatch, uv):
    (checkout / ".uv").mkdir(exist_ok=True)
    monkeypatch.setattr(bootstrap, "ROOT", checkout)
    bootstrap.sync(str(script(checkout / "uv", f'echo "$@" >> "{checkout}/calls"; {uv}')), sys.executable)
    return (checkout / "calls").read_text().splitlines()


def test_what_is_cached_needs_no_network_and_no_warning(bootstrap, checkout, monkeypatch, capsys):
    (call,) = set_up(bootstrap, checkout, monkeypatch, "exit 0")
    assert "--offline" in call
    assert "--frozen" in call
    assert "minutes" not in capsys.readouterr().out


def test_what_is_not_cached_is_fetched(bootstrap, checkout, monkeypatch, capsys):
    calls = set_up(bootstrap, checkout, monkeypatch, 'case "$*" in *--offline*) exit 2;; esac')
    assert ["--offline" in call for call in calls] == [True, False]
    assert "minutes" in capsys.readouterr().out


COMPILERS = [
    ("exit 0", {"CFLAGS": "-g -mno-amx-tile -mno-amx-int8 -mno-amx-bf16"}),
    ('case "$*" in *amx*) exit 1;; esac', {}),  # a compiler for another processor
]


@pytest.mark.parametrize(("behaviour", "flags"), COMPILERS)
def test_no_amx_where_the_compiler_knows_it(bootstrap, tmp_path, behaviour, flags):
    c, cxx = script(tmp_path / "c", behaviour), script(tmp_path / "cxx", "exit 1")
    assert bootstrap.compiler_flags({"CC": f"{c} -m64", "CXX": str(cxx), "CFLAGS": "-g"}) == flags


def test_no_compiler_has_no_flags(bootstrap, tmp_path):
    assert bootstrap.compiler_flags({"CC": str(tmp_path / "none"), "CXX": str(tmp_path / "none")}) == {}


# make


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_alone_says_what_there_is():
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    for target in ("setup", "demo", "test", "bench", "lint", "fix", "clean"):
        assert f"make {target}" in done.stdout


def test_ci_run_is_a_script_that_bash_can_read():
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    bash = shutil.which("bash")
    assert bash is None or subprocess.run([bash, "-n", path]).returncode == 0


def test_output_is_flushed_for_ci(bootstrap, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(bootstrap.sys, "stdout", out)
    bootstrap.say("one line")
    assert out.getvalue() == "one line\n"
