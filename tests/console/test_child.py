"""The command in the foreground: its exit code, its signals, its terminal."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.child import run_command

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_exit_code(script, code):
    assert run_command(["/bin/sh", "-c", script], os.environ) == code


def test_environment_is_the_given_one(tmp_path):
    out = tmp_path / "out"
    assert run_command(["/bin/sh", "-c", f'echo "$A $HOME" > {out}'], {"A": "1", "PATH": os.environ["PATH"]}) == 0
    assert out.read_text() == "1 \n"


@pytest.mark.parametrize(("command", "error"), [("no-such-command", FileNotFoundError), ("/etc", PermissionError)])
def test_what_cannot_be_started(command, error):
    with pytest.raises(error):
        run_command([command], os.environ)


def test_signals_are_as_before_afterwards():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGCHLD)
    run_command(["true"], os.environ)
    assert (signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGCHLD)) == before


def test_sigpipe_ends_the_command():
    assert run_command([PYTHON, "-c", "import signal; raise SystemExit(signal.getsignal(13) is None)"], os.environ) == 0
    assert run_command(["/bin/sh", "-c", "kill -PIPE $$; exit 0"], os.environ) == 128 + signal.SIGPIPE


WRAPPER = "import os, sys; from console.child import run_command; sys.exit(run_command(sys.argv[1:], os.environ))"
# Counts the signals that it gets, and ends a moment after the first.
COUNTER = """
import signal, sys, time
seen = []
for number in (1, 2, 3, 15, 28):
    signal.signal(number, lambda n, _: seen.append(n))
print("ready", flush=True)
while not seen:
    time.sleep(0.01)
time.sleep(0.3)
print(*seen, flush=True)
sys.exit(10 + len(seen))
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGWINCH])
def test_signals_are_forwarded_once(number):
    process = subprocess.Popen(
        [PYTHON, "-c", WRAPPER, PYTHON, "-c", COUNTER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert out == f"{number.value}\n"
    assert process.returncode == 11


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell who sent a signal")
@pytest.mark.parametrize(("key", "number"), [(b"\x03", 2), (b"\x1c", 3)], ids=["Ctrl-C", "Ctrl-backslash"])
def test_a_key_reaches_the_command_once(key, number):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(PYTHON, [PYTHON, "-c", WRAPPER, PYTHON, "-c", COUNTER])
    seen = b""
    deadline = time.monotonic() + 30
    while b"ready" not in seen and time.monotonic() < deadline:
        seen += os.read(terminal, 1024)
    os.write(terminal, key)
    while f"\n{number}".encode() not in seen and time.monotonic() < deadline:
        try:
            seen += os.read(terminal, 1024)
        except OSError:
            break
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 11, seen


def test_the_command_has_the_terminal():
    """It reads from the terminal without being stopped: it is in the foreground process group."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        program = "import os, sys; assert os.tcgetpgrp(0) == os.getpgrp(); print('got', input(), sys.stdout.isatty())"
        os.execv(PYTHON, [PYTHON, "-c", WRAPPER, PYTHON, "-c", program])
    os.write(terminal, b"hello\n")
    seen = b""
    while b"got hello True" not in seen:
        seen += os.read(terminal, 1024)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
