"""The company's own head of the document classifier while Privet serves: read at start, taken up when it changes.

Workers are told with each job which head is meant, so that nothing is labelled by another one than the policy in force
was read with.
"""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import Settings
from local_models.errors import ModelError
from local_models.own_head import new_labels, revision_on_disk
from proxy.errors import ConfigurationError

log = logging.getLogger("privet")


@dataclass(slots=True)
class OwnHead:
    """Where the head lies, which one is in force, and the labels that it adds. Without a directory: Privet's own."""

    directory: Path | None = None
    revision: str | None = None
    labels: tuple[str, ...] = ()
    _seen: str | None = None  # the revision that was looked at last, whether or not it could be used

    @classmethod
    def open(cls, settings: Settings) -> "OwnHead":
        """What the settings name. Raises `ConfigurationError`."""
        directory = settings.classifier.head
        if directory is None:
            return cls()
        try:
            revision = revision_on_disk(directory)
            return cls(directory, revision, new_labels(directory), revision)
        except ModelError as error:
            raise ConfigurationError(f"classifier.head: {error}") from None

    def options(self) -> dict[str, Any]:
        """For the worker's job."""
        return {} if self.directory is None else {"head": str(self.directory)}

    def changed(self) -> bool:
        """Whether another head lies there than when it was last looked at, or none."""
        return self._present() != self._seen

    async def latest(self, settings: Settings) -> "OwnHead":
        """What lies there now if it changed; what is in force if it didn't, or if it can't be used."""
        self._seen = self._present()
        if self._seen == self.revision:
            return self
        try:
            return await asyncio.to_thread(self.open, settings)
        except ConfigurationError as error:
            log.error("the changed head is not used, the old one stays: %s", error)  # noqa: TRY400
            return self

    def _present(self) -> str | None:
        try:
            return None if self.directory is None else revision_on_disk(self.directory)
        except ModelError:
            return ""
