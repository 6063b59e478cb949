"""Errors of the audit log.

    AuditError
     ├── EventError         an event holds what the log may not hold, or lacks what it must
     └── CheckpointError    a signed note can't be read, or its signature is wrong

Messages say what, expected, got, what to do. They never hold content.
"""


class AuditError(Exception):
    """The log can't be written or read. While it can't be written, no request may leave."""


class EventError(AuditError):
    """An event can't be recorded as it is."""


class CheckpointError(AuditError):
    """A checkpoint can't be read, or wasn't signed by the expected key."""
