"""Set the checkout up: uv in an environment of its own, Python 3.13, the locked dependencies, the model files.

Runs on any Python from 3.8 on, with the standard library alone, so the language of newer versions stays out of it.
Nothing outside the checkout changes except uv's cache. A second run sees that nothing changed and ends at once.
"""
# ruff: noqa: INP001, UP006, UP035 - no package, and Python 3.8 has to read it

import contextlib
import glob
import hashlib
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence

try:
    import fcntl
except ImportError:  # Windows: two set-ups at once are not kept apart there
    fcntl = None  # type: ignore[assignment]

UV_VERSION = "0.13.9"
PYTHON_VERSION = "3.13"
ROOT = Path(__file__).resolve().parent.parent

# What the set-up depends on: when none of these changed, there is nothing to do.
SOURCES = ("uv.lock", "pyproject.toml", ".python-version", "setup/bootstrap.py", "local_models/catalog.py")

# Where version managers and packagers put Python; their shims on PATH fail for versions that are not activated.
PYTHON_PLACES = (
    "{PYENV_ROOT}/versions/3.13*/bin/python",
    "~/.pyenv/versions/3.13*/bin/python",
    "~/.asdf/installs/python/3.13*/bin/python",
    "~/.local/share/mise/installs/python/3.13*/bin/python",
    "/opt/homebrew/opt/python@3.13/bin/python3.13",
    "/usr/local/opt/python@3.13/bin/python3.13",
    "/usr/local/bin/python3.13",
    "/usr/bin/python3.13",
    "/opt/python/3.13*/bin/python3",
    "~/miniconda3/envs/*/bin/python3.13",
)

NO_AMX = ("-mno-amx-tile", "-mno-amx-int8", "-mno-amx-bf16")

COMPILER_HINT = (
    "A C and C++ compiler is needed once, to build llama-cpp-python:\n"
    "  Debian, Ubuntu: apt install build-essential\n"
    "  Fedora, RHEL:   dnf install gcc gcc-c++ make\n"
    "  macOS:          xcode-select --install"
)
# What a log says → what to do about it.
HINTS = (
    (r"No CMAKE_C(XX)?_COMPILER|C(XX)? compiler identification is unknown|command 'c\+\+' failed", COMPILER_HINT),
    (r"No space left on device", "The disk is full. The set-up needs about 3 GB, most of it in .venv and uv's cache."),
    (
        r"Killed signal|internal compiler error|out of memory",
        "The compiler ran out of memory: it needs about 2 GB free.",
    ),
    (
        r"Failed to fetch|dns error|error sending request|Connection refused|timed out",
        "The package index can't be reached. For an index of your own set UV_DEFAULT_INDEX; for a proxy, HTTPS_PROXY.",
    ),
    (
        r"invalid peer certificate|UnknownIssuer",
        "The package index's certificate is not trusted. Set SSL_CERT_FILE to a file with your company's roots.",
    ),
)

STEP = re.compile(r"\[\s*(\d+)/(\d+)\]\s")  # as ninja counts
HEARTBEAT = 30.0  # seconds without a line until a log that nobody watches says that work goes on


class SetupError(Exception):
    """The set-up can't go on; the message says what to do."""


def main() -> int:
    """Set up what is missing. Returns the exit code."""
    os.chdir(str(ROOT))
    state = fingerprint(ROOT)
    try:
        if is_ready(ROOT, state):
            return 0
        with only_one(ROOT / ".uv"):
            if is_ready(ROOT, state):  # another set-up was at it, and finished
                return 0
            started = time.monotonic()
            uv = find_uv()
            python = find_python(uv)
            sync(uv, python)
            prepare_models()
            prepare_detection()
            stamp(ROOT).write_text(state, encoding="utf-8")
            say(f"Set up in {duration(time.monotonic() - started)}. The command is .venv/bin/privet")
    except SetupError as error:
        sys.stderr.write(f"\nprivet: the set-up failed. {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nprivet: the set-up was stopped. Start it again with: make setup\n")
        return 130
    return 0


def fingerprint(root: Path) -> str:
    """A hash over everything that the set-up depends on."""
    digest = hashlib.sha256()
    for name in SOURCES:
        path = root / name
        data = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


def stamp(root: Path) -> Path:
    """The file that says with which fingerprint the environment was set up."""
    return root / ".venv" / ".privet-setup"


def is_ready(root: Path, state: str) -> bool:
    """Whether the environment is there and was made from these sources."""
    python, command = root / ".venv/bin/python", root / ".venv/bin/privet"
    try:
        return python.exists() and command.exists() and stamp(root).read_text(encoding="utf-8") == state
    except OSError:
        return False


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Hold the lock that keeps two set-ups of one checkout apart."""
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another set-up of this checkout is running; waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_uv() -> str:
    """The pinned uv, installed into `.uv/` if it isn't there."""
    environment = ROOT / ".uv" / "env"
    own = environment / "bin" / "uv"
    if uv_version(str(own)) == UV_VERSION:
        return str(own)
    say(f"Installing uv {UV_VERSION} into .uv/")
    requirement = f"uv=={UV_VERSION}"
    pip = ["install", "--quiet", "--disable-pip-version-check", "--no-input"]
    made = run([sys.executable, "-m", "venv", "--clear", str(environment)])
    if made.returncode == 0:
        installed = run([str(environment / "bin" / "python"), "-m", "pip", *pip, requirement])
        if uv_version(str(own)) == UV_VERSION:
            return str(own)
        raise SetupError(f"pip could not install {requirement}:\n{tail(installed.stdout)}\n{hint(installed.stdout)}")
    # Debian's python3 lacks ensurepip without python3-venv; pip alone does too.
    target = ROOT / ".uv" / "target"
    run([sys.executable, "-m", "pip", *pip, "--target", str(target), "--upgrade", requirement])
    for candidate in (str(target / "bin" / "uv"), shutil.which("uv") or ""):
        if uv_version(candidate) == UV_VERSION:
            return candidate
    raise SetupError(
        f"{sys.executable} has neither venv nor pip. Install one of them:\n"
        "  Debian, Ubuntu: apt install python3-venv\n"
        "  or name another Python: make setup PYTHON=/path/to/python3"
    )


def uv_version(path: str) -> str:
    """The version of the uv at `path`; empty if there is none that runs."""
    if not path or not os.access(path, os.X_OK):
        return ""
    words = run([path, "--version"]).stdout.split()
    return words[1] if len(words) > 1 and words[0] == "uv" else ""


def find_python(uv: str) -> str:
    """A Python 3.13 that runs: one that uv knows, one in the usual places, or one that uv fetches."""
    for candidate in (uv_python(uv), *known_pythons(PYTHON_PLACES, os.environ)):
        if candidate and is_usable(candidate):
            return candidate
    say(f"Fetching Python {PYTHON_VERSION}")
    fetched = run([uv, "python", "install", PYTHON_VERSION])
    candidate = uv_python(uv)
    if candidate and is_usable(candidate):
        return candidate
    raise SetupError(
        f"No Python {PYTHON_VERSION} found, and uv could not fetch one:\n{tail(fetched.stdout)}\n"
        f"Install it (https://www.python.org/downloads/, `pyenv install {PYTHON_VERSION}`, or your system's packages) "
        "and start again."
    )


def uv_python(uv: str) -> str:
    """The Python 3.13 that uv finds; empty if there is none."""
    found = run(
        [uv, "python", "find", "--system", "--no-project", "--no-python-downloads", PYTHON_VERSION], merge=False
    )
    return found.stdout.strip() if found.returncode == 0 else ""


def known_pythons(places: Sequence[str], environ: Mapping[str, str]) -> List[str]:
    """What lies in the places where Python 3.13 usually is, newest patch release first."""
    found = []  # type: List[str]
    for place in places:
        name = place.replace("{PYENV_ROOT}", environ.get("PYENV_ROOT") or "~/.pyenv")
        path = str(Path(name).expanduser())
        found += sorted(glob.glob(path), key=numbers, reverse=True)  # noqa: PTH207 - the pattern is absolute
    return list(dict.fromkeys(found))


def numbers(text: str) -> List[int]:
    """The numbers in a path, for sorting 3.13.10 after 3.13.9."""
    return [int(number) for number in re.findall(r"\d+", text)]


def is_usable(python: str) -> bool:
    """Whether it runs, has the right version, and was built with the modules that Privet needs."""
    program = (
        "import ctypes, sqlite3, ssl, sys, sysconfig; "
        "print('%d.%d' % sys.version_info[:2], sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"
    )
    found = run([python, "-c", program], merge=False)
    return found.returncode == 0 and found.stdout.split() == [PYTHON_VERSION, "0"]


def sync(uv: str, python: str) -> None:
    """Install the locked dependencies into `.venv`, showing how far the one that is compiled has come."""
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PYTHON")}
    environ["UV_PROJECT_ENVIRONMENT"] = str(ROOT / ".venv")
    environ.update(compiler_flags(environ))
    command = [uv, "--verbose", "--color", "never", "sync", "--frozen", "--python", python]
    log = ROOT / ".uv" / "build.log"
    terminal = sys.stdout.isatty() and not os.environ.get("CI")
    say("Installing the locked dependencies into .venv")
    # From the cache alone first: asked whether a file changed, some package mirrors send it anew, and uv would then
    # compile again what it has compiled before.
    if watch([*command, "--offline"], environ, log, Progress(terminal)) == 0:
        return
    say(
        "Not all of them are in uv's cache. The first time on a machine, llama-cpp-python is compiled:\n"
        "four to eight minutes on two cores. The log is .uv/build.log"
    )
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "c++", "g++", "clang++")):
        say("No C++ compiler found. " + COMPILER_HINT)
    if watch(command, environ, log, Progress(terminal)) != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        raise SetupError(f"uv could not install:\n{failure(text)}\n{hint(text)}\nThe whole log: {log}")


def compiler_flags(environ: Mapping[str, str]) -> Dict[str, str]:
    """What to tell the compilers beside what `environ` tells them already: CFLAGS and CXXFLAGS without AMX, or nothing.

    A virtual machine may say that its processor has AMX and still end a process that uses it. llama.cpp is built for
    what the processor says, and its own options can't take that back. Compilers for other processors refuse them.
    """
    flags = {}
    for name, compiler in (("CFLAGS", environ.get("CC") or "cc"), ("CXXFLAGS", environ.get("CXX") or "c++")):
        known = run([*shlex.split(compiler), *NO_AMX, "-E", "-x", "c", os.devnull])
        if known.returncode == 0:
            flags[name] = " ".join([*environ.get(name, "").split(), *NO_AMX])
    return flags


def prepare_models() -> None:
    """Put the model files where Privet reads them, and check their hashes."""
    say("Preparing the model files")
    done = run([str(ROOT / ".venv/bin/privet"), "models", "prepare"])
    if done.returncode != 0:
        raise SetupError(f"`privet models prepare` said:\n{tail(done.stdout)}")


def prepare_detection() -> None:
    """Start detection once: what it compiles is kept, so that the first `privet run` needn't wait for it."""
    say("Preparing detection")
    done = run([str(ROOT / ".venv/bin/python"), "-c", "from detectors.scan import build_scanner; build_scanner()"])
    if done.returncode != 0:
        raise SetupError(f"Detection doesn't start:\n{tail(done.stdout)}")


class Progress:
    """Tells how far the work is: one line that changes in a terminal, a plain line now and then elsewhere."""

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal
        self._started = self._said = time.monotonic()
        self._decade = 0
        self._what = "fetching packages"

    def line(self, text: str) -> None:
        """Take a line of uv's log."""
        step = STEP.search(text)
        if step:
            done, total = int(step.group(1)), int(step.group(2))
            self._what = f"compiling llama-cpp-python: {done} of {total} files ({100 * done // total} %)"
            decade = 10 * done // total
            if decade != self._decade and not self._terminal:
                self._decade = decade
                self._say()
        elif text.startswith(("Prepared ", "Installed ")):
            self._what = "installing packages"
        if self._terminal:
            self.tick()

    def tick(self) -> None:
        """Show that time passes."""
        now = time.monotonic()
        if self._terminal:
            if now - self._said >= 0.2:
                width = shutil.get_terminal_size().columns - 1
                sys.stdout.write("\r\033[K" + self._text()[:width])
                sys.stdout.flush()
                self._said = now
        elif now - self._said >= HEARTBEAT:
            self._say()

    def end(self) -> None:
        """Clear the line that changes."""
        if self._terminal:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()

    def _say(self) -> None:
        say(self._text())
        self._said = time.monotonic()

    def _text(self) -> str:
        return f"  {self._what}, {duration(time.monotonic() - self._started)}"


def watch(command: Sequence[str], environ: Mapping[str, str], log: Path, progress: Progress) -> int:
    """Run a command, keep all it says in `log`, and let `progress` see it. Returns the exit code."""
    lines: queue.Queue[str] = queue.Queue()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        list(command),
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")  # no line is empty: the end

    threading.Thread(target=read, daemon=True).start()
    try:
        with log.open("w", encoding="utf-8") as file:
            while True:
                try:
                    line = lines.get(timeout=1.0)
                except queue.Empty:
                    progress.tick()
                    continue
                if not line:
                    return process.wait()
                file.write(line)
                progress.line(line)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        progress.end()


def failure(log: str) -> str:
    """The part of uv's log that tells what went wrong: from its last error on, without the noise around it."""
    lines = [line for line in log.splitlines() if not re.match(r"\s*\d*\.?\d*\s*m?s?\s*(DEBUG|TRACE|INFO) ", line)]
    start = max((at for at, line in enumerate(lines) if re.match(r"\s*(\u00d7|error:)", line)), default=0)
    return tail("\n".join(lines[start:]))


def hint(log: str) -> str:
    """What to do about a failure whose cause can be told."""
    return next((text for pattern, text in HINTS if re.search(pattern, log)), "")


def tail(text: str, count: int = 30) -> str:
    """The last lines, indented."""
    return "\n".join("  " + line for line in text.rstrip().splitlines()[-count:])


def duration(seconds: float) -> str:
    """A time as people say it."""
    whole = int(seconds)
    return "{} min {} s".format(*divmod(whole, 60)) if whole >= 60 else f"{whole} s"


def run(command: Sequence[str], merge: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; one that can't be started counts as failed."""
    try:
        return subprocess.run(  # noqa: S603 - our own command line
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess(list(command), 127, stdout=str(error))


def say(text: str) -> None:
    """Tell the person who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
