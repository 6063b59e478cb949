"""`privet run` as a process, with a stand-in for `privet serve`: environment, exit code, signals, and failing closed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import console.cli.run as run_module
from configs.state import StatePaths
from proxy.authority import ensure_authority

ROOT = Path(__file__).parents[3]
SERVE = ROOT / "tests" / "fakes" / "serve.py"

# The command line itself, but for what `serve` is.
PROGRAM = """
import os, sys
import console.cli.run as run
from configs.settings import load_settings
from configs.state import StatePaths

def serve_command(config, overrides):
    settings = load_settings(config, overrides)
    if os.environ.get("BROKEN"):
        return [sys.executable, "-c", "import sys; sys.exit('privet: the policy is broken')"]
    from proxy.authority import ensure_authority
    paths = StatePaths(settings.state_dir)
    ensure_authority(paths)
    host, _, port = settings.listen.api.rpartition(":")
    return [sys.executable, os.environ["SERVE"], str(paths.root), host, port, paths.instance, "0", "", settings.listen.proxy]

run.serve_command = serve_command
from console.cli.main import main
main()
"""
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def config(tmp_path):
    listen = {name: f"127.0.0.1:{free_port()}" for name in ("proxy", "gateway", "api")}
    path = tmp_path / "a dir" / "privet.yaml"
    path.parent.mkdir()
    path.write_text(json.dumps({"listen": listen}))  # JSON is YAML
    return path


def command_line(config, *arguments, options=()):
    named = ["--config", str(config)] if config else []
    return [sys.executable, "-c", PROGRAM, *named, *options, "run", *arguments]


def environ(**more):
    return {**os.environ, "SERVE": str(SERVE), "PYTHONPATH": str(ROOT), **more}


def run(config, *arguments, options=(), cwd=None, **more):
    return subprocess.run(
        command_line(config, *arguments, options=options),
        env=environ(**more),
        cwd=cwd or config.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )


def starts(config):
    path = config.parent / "state" / "starts"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def assert_stopped(config):
    settings = json.loads(config.read_text())
    for address in settings["listen"].values():
        host, _, port = address.rpartition(":")
        socket.create_server((host, int(port))).close()


def test_environment(config):
    done = run(config, "--", sys.executable, "-c", SHOW, NO_PROXY="*, intranet.example")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    proxy = json.loads(config.read_text())["listen"]["proxy"]
    state = config.parent / "state"
    assert seen["HTTPS_PROXY"] == f"http://{proxy}"
    assert seen["SSL_CERT_FILE"] == str(state / "ca" / "bundle.pem")
    assert (state / "ca" / "privet-ca.pem").read_bytes() in (state / "ca" / "bundle.pem").read_bytes()
    assert seen["NO_PROXY"] == "localhost,127.0.0.1,::1,intranet.example"
    assert "NO_PROXY names '*'" in done.stderr
    assert "proxy.cjs" in seen["NODE_OPTIONS"]
    assert len(starts(config)) == 1
    assert_stopped(config)


@pytest.mark.parametrize("dashes", [["--"], []])
def test_exit_code_and_arguments(config, dashes):
    done = run(config, *dashes, "/bin/sh", "-c", 'echo "$1|$2"; exit 7', "sh", "--keep", "-h")
    assert done.returncode == 7
    assert done.stdout == "--keep|-h\n"


def test_killed_by_a_signal(config):
    assert run(config, "--", "/bin/sh", "-c", "kill -KILL $$").returncode == 137


def test_nothing_is_started_for_a_command_that_is_not_there(config):
    done = run(config, "--", "no-such-command")
    assert done.returncode == 127
    assert done.stderr == "privet: no-such-command: no such command\n"
    assert not (config.parent / "state").exists()


@pytest.mark.parametrize(("command", "code"), [("no-such-command", 127), ("/etc", 126)])
def test_what_cannot_be_run(config, command, code):
    done = run(config, "--", command)
    assert done.returncode == code
    assert f"privet: {command}:" in done.stderr
    assert "Traceback" not in done.stderr
    assert_stopped(config)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal(config, number):
    script = "import signal, sys, time; signal.signal(int(sys.argv[1]), lambda *_: sys.exit(33)); print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        command_line(config, "--", sys.executable, "-c", script, str(number.value)),
        env=environ(),
        cwd=config.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    assert process.wait(30) == 33
    process.stdout.close()
    assert_stopped(config)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_while_privet_starts(config, number, code):
    slow = PROGRAM.replace('"0", ""', '"60", ""')
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "--config", str(config), "run", "touch", "ran"],
        env=environ(),
        cwd=config.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "privet: starting Privet …\n"
    while not starts(config):
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(30) == code
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert not (config.parent / "ran").exists()
    assert_stopped(config)


def test_a_signal_whose_exception_was_lost_ends_the_start():
    """As one does that comes while an object is destroyed."""
    told = []
    say = run_module._progress(told)
    say("starting Privet … 0 s")
    told.append(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        say("starting Privet … 1 s")
    assert ended.value.code == 130


def test_the_running_one_is_used_and_left(config):
    first = run(config, "--keep", "--", "true")
    assert first.returncode == 0, first.stderr
    try:
        second = run(config, "--", sys.executable, "-c", SHOW)
        assert second.returncode == 0
        assert "starting" not in second.stderr
        assert len(starts(config)) == 1
        os.kill(starts(config)[0], 0)
    finally:
        os.kill(starts(config)[0], signal.SIGTERM)


def test_within_itself(config):
    inner = command_line(config, "--", sys.executable, "-c", SHOW)
    done = run(config, "--", *inner)
    assert done.returncode == 0, done.stderr
    assert len(starts(config)) == 1
    assert "another proxy" not in done.stderr
    assert json.loads(done.stdout)["NODE_OPTIONS"].count("proxy.cjs") == 1


def test_other_proxy_is_told(config):
    done = run(config, "--", "true", HTTPS_PROXY="http://user:secret@company:3128")
    assert "HTTPS_PROXY was set to another proxy" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("name", ["proxy", "gateway", "api"])
def test_taken_port_never_runs_the_command(config, name):
    host, _, port = json.loads(config.read_text())["listen"][name].rpartition(":")
    with socket.create_server((host, int(port))) as server:
        server.settimeout(0.1)
        done = run(config, "--", "touch", "ran")
    assert done.returncode == 2
    assert f"listen.{name}" in done.stderr
    assert not (config.parent / "ran").exists()


def test_broken_privet_never_runs_the_command(config):
    done = run(config, "--", "touch", "ran", BROKEN="1")
    assert done.returncode == 2
    assert "the policy is broken" in done.stderr
    assert "serve.log" in done.stderr
    assert not (config.parent / "ran").exists()


def test_broken_settings_never_run_the_command(config):
    config.write_text("listn: {}\n")
    done = run(config, "--", "touch", "ran")
    assert done.returncode == 2
    assert "privet.yaml:1:1: listn: no such setting" in done.stderr
    assert not (config.parent / "ran").exists()


def test_overrides_reach_privet(config):
    port = free_port()
    done = run(config, "--", sys.executable, "-c", SHOW, options=["--set", f"listen.proxy=127.0.0.1:{port}"])
    assert json.loads(done.stdout)["HTTPS_PROXY"] == f"http://127.0.0.1:{port}"


def test_first_settings_are_written_and_told_once(tmp_path):
    home = tmp_path / "home"
    options = [
        part for name in ("proxy", "gateway", "api") for part in ("--set", f"listen.{name}=127.0.0.1:{free_port()}")
    ]
    told = []
    for _ in range(2):
        done = run(None, "--", "true", options=options, cwd=tmp_path, XDG_CONFIG_HOME=str(home))
        assert done.returncode == 0, done.stderr
        told.append("no settings yet" in done.stderr)
    assert told == [True, False]
    assert (home / "privet" / "privet.yaml").exists()
    assert (home / "privet" / "policy.yaml").exists()


def test_help_without_a_command(config):
    done = run(config)
    assert done.returncode != 0
    assert "Examples:" in done.stdout + done.stderr
    assert starts(config) == []


def test_authority_of_the_running_privet_is_not_replaced(config):
    made = ensure_authority(StatePaths(config.parent / "state"))
    run(config, "--", "true")
    assert ensure_authority(StatePaths(config.parent / "state")) == made
