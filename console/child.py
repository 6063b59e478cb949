"""A command that runs in the foreground in Privet's place: same terminal, same process group, signals and exit code."""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

# What a person or a service manager sends to the process that they started.
FORWARDED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH, signal.SIGUSR1})
_MOMENT = 0.5  # seconds
# Python ignores these; a command that expects the default would not end when its reader goes away.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def run_command(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command to its end. Returns its exit code, or 128 + n when signal n ended it.

    Raises FileNotFoundError or PermissionError when it can't be started.
    """
    waited = FORWARDED | {signal.SIGCHLD}
    # A handler, though it never runs: systems other than Linux drop a blocked signal whose default is to be ignored.
    handlers = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGCHLD, signal.SIGWINCH)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    try:
        child = os.posix_spawnp(
            arguments[0], list(arguments), dict(environ), setsigmask=mask, setsigdef=_IGNORED_BY_PYTHON
        )
        while True:
            number, is_ours = _next_signal(waited)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if is_ours and number != signal.SIGCHLD:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, number)
    finally:
        # A signal that came while the command was ending has done its work: it must not end Privet's own clean-up.
        while sys.platform == "linux" and signal.sigtimedwait(FORWARDED, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _next_signal(waited: frozenset[signal.Signals]) -> tuple[int, bool]:
    """The next signal, and whether it was meant for this process alone; after a moment without one, none (0).

    The moment is short because a library's own thread, which blocks nothing, can take SIGCHLD from under our eyes.

    A key such as Ctrl-C signals the whole foreground group: the command has it already, and must not get it twice (many
    programs take a second Ctrl-C for "now").
    """
    if sys.platform == "linux":
        info = signal.sigtimedwait(waited, _MOMENT)
        if info is None:
            return 0, False
        return info.si_signo, info.si_code <= 0  # sigaction(2): at most 0 when a process sent it, above when the kernel
    number = signal.sigwait(waited)
    return number, not (os.isatty(0) and number in {signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH})
