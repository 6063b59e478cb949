"""What can go wrong in `local_models`.

    LocalModelError
    ├── ModelError       a model file or head is missing, changed or can't be loaded
    │   └── FetchError   … can't be had from where it should come
    ├── GrammarError     an answer can't be, or did not become, the JSON document that was asked for
    ├── TrainingError    a head can't be trained from what was given
    └── BackendError     an OpenAI-compatible server did not answer as it should
        └── BusyError    … has no place for one more request; the same may pass in a moment

Messages say what to do. They never hold a request's or an answer's text.
"""

from typing import Literal


class LocalModelError(Exception):
    """The base of this package's errors."""


class ModelError(LocalModelError):
    """A model can't be used: its file is missing, isn't the pinned one, or doesn't load."""


class FetchError(ModelError):
    """A model's file can't be had: its source, a mirror or the disk is in the way, or what came is another file."""


class GrammarError(LocalModelError):
    """What was asked for as JSON of a certain schema can't be given so. Holds neither schema nor answer."""


class TrainingError(LocalModelError):
    """A head can't be trained: the data are missing or unusable."""


type Kind = Literal["unreachable", "failed", "busy", "request"]


class BackendError(LocalModelError):
    """A server that should have answered a rerouted request did not. Holds no content.

    `kind` says whose fault it was: the server can't be reached or is silent, it failed, it has no place at the moment,
    or it won't have this very request, which another server of the same model would not either.
    """

    def __init__(self, message: str, *, kind: Kind = "failed") -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def elsewhere(self) -> bool:
        """Whether another server may do better."""
        return self.kind != "request"


class BusyError(BackendError):
    """Too many requests wait for a model already."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="busy")
