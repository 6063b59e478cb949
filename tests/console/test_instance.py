"""Finding, starting and stopping the Privet that commands run through, with a stand-in for `privet serve`."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from configs.settings import Settings
from configs.state import StatePaths
from console import instance
from console.instance import InstanceError, Running, find_running, running_privet, serve_command, taken_addresses

SERVE = Path(__file__).parents[1] / "fakes" / "serve.py"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def settings(tmp_path):
    listen = {name: f"127.0.0.1:{free_port()}" for name in ("proxy", "gateway", "api")}
    return Settings(listen=listen, state_dir=tmp_path / "state")


def serve(settings, delay=0.0, port=None, deaf=""):
    host, _, own = settings.listen.api.rpartition(":")
    state = str(settings.state_dir)
    return [
        sys.executable,
        str(SERVE),
        state,
        host,
        str(own if port is None else port),
        StatePaths(settings.state_dir).instance,
        str(delay),
        deaf,
        "127.0.0.1:1",
    ]


def starts(settings):
    return [int(line) for line in (settings.state_dir / "starts").read_text().split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


def quiet(_text):
    pass


def test_nothing_runs(settings):
    assert find_running(settings) is None


def test_started_used_and_stopped(settings):
    with running_privet(settings, serve(settings), keep=False, say=quiet) as running:
        (pid,) = starts(settings)
        assert running == Running(
            pid=pid, version="1", api=settings.listen.api, proxy="127.0.0.1:1", gateway="127.0.0.1:2"
        )
        assert find_running(settings) == running
    assert not is_alive(pid)
    assert find_running(settings) is None


def test_waits_until_ready_and_says_so(settings):
    said = []
    with running_privet(settings, serve(settings, delay=0.6), keep=False, say=said.append) as running:
        assert running.proxy
    assert said[0].startswith("starting Privet")
    assert said[-1] == ""


def test_one_that_serves_already_is_used_and_left(settings):
    settings.state_dir.mkdir()
    process = subprocess.Popen(serve(settings), stdout=subprocess.DEVNULL)
    try:
        while find_running(settings) is None:
            time.sleep(0.05)
        with running_privet(settings, ["false"], keep=False, say=quiet) as running:
            assert running.pid == process.pid
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_a_port_that_the_system_chose(settings):
    listen = settings.listen.model_copy(update={"api": "127.0.0.1:0"})
    settings = settings.model_copy(update={"listen": listen})
    with running_privet(settings, serve(settings), keep=False, say=quiet) as running:
        assert running.api == json.loads((settings.state_dir / "serving.json").read_text())["api"]
    assert find_running(settings) is None  # what was written down is stale now, and nobody is misled


def test_ends_with_the_last_of_two_commands(settings):
    first = running_privet(settings, serve(settings), keep=False, say=quiet)
    second = running_privet(settings, ["false"], keep=False, say=quiet)
    pid = first.__enter__().pid
    assert second.__enter__().pid == pid
    first.__exit__(None, None, None)  # the one that started it ends first
    assert is_alive(pid)
    second.__exit__(None, None, None)
    # Here it is this process's own child, which nobody waits for: that it answers no more is what counts.
    assert find_running(settings) is None
    assert starts(settings) == [pid]
    os.waitpid(pid, 0)


def test_two_commands_at_once_start_one(settings):
    pids = []

    def use():
        with running_privet(settings, serve(settings, delay=0.3), keep=False, say=quiet) as running:
            pids.append(running.pid)
            time.sleep(0.5)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 1
    assert starts(settings) == pids[:1]
    assert find_running(settings) is None


def test_keep_leaves_it_and_a_later_command_does_not_stop_it(settings):
    with running_privet(settings, serve(settings), keep=True, say=quiet) as running:
        pass
    try:
        assert find_running(settings) == running
        with running_privet(settings, ["false"], keep=False, say=quiet):
            pass
        assert find_running(settings) == running
    finally:
        os.kill(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)


def test_keep_takes_over_what_another_command_started(settings):
    with (
        running_privet(settings, serve(settings), keep=False, say=quiet) as running,
        running_privet(settings, ["false"], keep=True, say=quiet),
    ):
        pass
    try:
        assert find_running(settings) == running
    finally:
        os.kill(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)


def test_one_whose_command_was_killed_ends_with_the_next_command(settings):
    """A process that is killed loses its lock, and leaves its marker."""
    settings.state_dir.mkdir()
    process = subprocess.Popen(serve(settings), stdout=subprocess.DEVNULL)
    while find_running(settings) is None:
        time.sleep(0.05)
    (settings.state_dir / "run.pid").write_text(str(process.pid))
    with running_privet(settings, ["false"], keep=False, say=quiet) as running:
        assert running.pid == process.pid
    assert process.wait(10) == -signal.SIGTERM


def test_marker_of_one_that_is_gone_stops_nobody(settings):
    settings.state_dir.mkdir()
    process = subprocess.Popen(serve(settings), stdout=subprocess.DEVNULL)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        while find_running(settings) is None:
            time.sleep(0.05)
        (settings.state_dir / "run.pid").write_text(str(bystander.pid))
        with running_privet(settings, ["false"], keep=False, say=quiet):
            pass
        assert process.poll() is None
        assert bystander.poll() is None
    finally:
        for one in (process, bystander):
            one.kill()
            one.wait()


def test_deaf_one_is_killed(settings, monkeypatch):
    monkeypatch.setattr(instance, "STOP_SECONDS", 0.3)
    with running_privet(settings, serve(settings, deaf="deaf"), keep=False, say=quiet) as running:
        time.sleep(0.2)
    assert not is_alive(running.pid)


def test_stopped_when_the_command_could_not_be_run(settings):
    with (
        pytest.raises(FileNotFoundError),
        running_privet(settings, serve(settings), keep=False, say=quiet) as running,
    ):
        raise FileNotFoundError
    assert not is_alive(running.pid)


def test_does_not_start(settings):
    command = [sys.executable, "-c", "import sys; sys.exit('privet: the policy is broken')"]
    with (
        pytest.raises(InstanceError, match=r"(?s)did not start.*the policy is broken.*serve\.log"),
        running_privet(settings, command, keep=False, say=quiet),
    ):
        pytest.fail("ran")


def test_never_ready_is_stopped(settings):
    with (
        pytest.raises(InstanceError, match=r"not ready after .*not run.*serve\.log"),
        running_privet(settings, serve(settings, delay=60), keep=False, say=quiet, seconds=0.8),
    ):
        pytest.fail("ran")
    assert not is_alive(starts(settings)[0])
    assert not (settings.state_dir / "run.pid").exists()


@pytest.mark.parametrize("name", ["proxy", "gateway", "api"])
def test_address_held_by_something_else(settings, name):
    address = getattr(settings.listen, name)
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port))) as server:

        def answer():
            with contextlib.suppress(OSError):  # the test ends
                client, _ = server.accept()
                client.sendall(b"SSH-2.0-OpenSSH\r\n")
                client.close()

        threading.Thread(target=answer, daemon=True).start()
        with (
            pytest.raises(InstanceError, match=rf"listen\.{name} {address}"),
            running_privet(settings, serve(settings), keep=False, say=quiet),
        ):
            pytest.fail("ran")
        assert taken_addresses(settings) == ((f"listen.{name}", address),)
    assert not (settings.state_dir / "starts").exists()


def test_another_privet_holds_the_address(settings, tmp_path):
    other = settings.model_copy(update={"state_dir": tmp_path / "other"})
    with (
        running_privet(other, serve(other), keep=False, say=quiet),
        pytest.raises(InstanceError, match="another Privet, with another state directory"),
    ):
        find_running(settings)


@pytest.mark.parametrize("written", ["", "no json", "[]", '{"api": 7}', '{"api": "nonsense"}', '{"pid": 1}'])
def test_what_was_written_down_is_not_trusted(settings, written):
    settings.state_dir.mkdir()
    (settings.state_dir / "serving.json").write_text(written)
    assert find_running(settings) is None


def test_files_are_private(settings):
    with running_privet(settings, serve(settings), keep=False, say=quiet):
        for name in ("run.lock", "run.users", "run.pid", "serve.log"):
            assert stat.S_IMODE((settings.state_dir / name).stat().st_mode) == 0o600, name
        assert stat.S_IMODE(settings.state_dir.stat().st_mode) == 0o700


def test_log_is_kept_and_starts_anew_when_large(settings, monkeypatch):
    monkeypatch.setattr(instance, "LOG_BYTES", 30)
    log = settings.state_dir / "serve.log"
    for lines in (1, 2, 1):  # 18 bytes each: the third start finds 36
        with running_privet(settings, serve(settings), keep=False, say=quiet):
            assert log.read_text().splitlines() == ["a line in the log"] * lines
    assert log.with_suffix(".log.1").read_text().splitlines() == ["a line in the log"] * 2


def test_serve_command_is_this_installation_whatever_lies_around(tmp_path):
    (tmp_path / "proxy").mkdir()
    (tmp_path / "proxy" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    command = serve_command(Path("some/privet.yaml"), ["listen.api=127.0.0.1:9"])
    config = str(Path("some/privet.yaml").resolve())
    assert command[4:] == ["--config", config, "--set", "listen.api=127.0.0.1:9", "serve"]
    done = subprocess.run([*command[:4], "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("privet, version ")
