"""What can go wrong in `local_models`.

    LocalModelError
    ├── ModelError       a model file or head is missing, changed or can't be loaded
    ├── TrainingError    a head can't be trained from what was given
    └── BackendError     an OpenAI-compatible server did not answer as it should

Messages say what to do. They never hold a request's or an answer's text.
"""


class LocalModelError(Exception):
    """The base of this package's errors."""


class ModelError(LocalModelError):
    """A model can't be used: its file is missing, isn't the pinned one, or doesn't load."""


class TrainingError(LocalModelError):
    """A head can't be trained: the data are missing or unusable."""


class BackendError(LocalModelError):
    """A server that should have answered a rerouted request did not. Holds no content."""
