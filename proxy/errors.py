"""Errors of the data plane.

    ProxyError
     ├── SigningError    a signed request would have to change (status hint 403)
     ├── BodyError       the peer's body can't be read            (status hint 400)
     ├── LimitError      it is larger than a limit allows         (status hint 413)
     ├── OverloadError   it would not be inspected in time        (status hint 503)
     ├── WorkerError     a worker process failed                  (status hint 503)
     │    ├── DeadlineError    … did not answer in time           (status hint 503)
     │    └── JobError         … did its job, and that failed     (status hint 503)
     └── ConfigurationError   Privet can't serve as configured

Messages say what, expected, got, what to do. They never hold content.
"""


class ProxyError(Exception):
    """The root of this package's errors."""

    status_hint = 503


class BodyError(ProxyError):
    """The peer's body is not what it says it is."""

    status_hint = 400


class SigningError(ProxyError):
    """A request that its client signed would have to change, and can't be signed again."""

    status_hint = 403


class LimitError(ProxyError):
    """Something is larger than a limit allows."""

    status_hint = 413


class OverloadError(ProxyError):
    """What waits already would take longer than a request may. `seconds` is when to try again."""

    def __init__(self, message: str, seconds: float = 1.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class WorkerError(ProxyError):
    """A worker process failed or is gone."""


class DeadlineError(WorkerError):
    """A worker process did not answer in time."""


class JobError(WorkerError):
    """A job failed inside its worker. `name` is the error's class there, which is all that is told of it."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class ConfigurationError(ProxyError):
    """Privet can't serve as it is configured."""
