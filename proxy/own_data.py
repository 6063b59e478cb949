"""The company's own data while Privet serves: opened at start, or there is no start; taken up again when it changes.

What can't be used stays out: the data that is in force stays so, and `/readyz` says why. Workers are told with each job
which revision is meant, so that nothing is inspected with less than what is in force.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from configs.settings import Settings
from configs.state import StatePaths
from configs.yaml_source import SourceError
from detectors.own.errors import OwnDataError
from detectors.own.library import Library, Place, Stamp, open_library
from proxy.errors import ConfigurationError

log = logging.getLogger("privet")


def place_of(settings: Settings) -> Place:
    """Where own data lies, by the settings."""
    paths = StatePaths(settings.state_dir)
    return Place(paths.data_dir, paths.data_key, tuple(settings.data.required), tuple(settings.data.dictionaries))


@dataclass(slots=True)
class OwnData:
    """What is in force, and what stands in the way of what is on disk."""

    place: Place
    library: Library = field(default_factory=Library)
    problem: str = ""
    _stamp: Stamp = ()

    @classmethod
    def open(cls, settings: Settings) -> "OwnData":
        """Open all of it. Raises `ConfigurationError`."""
        subject = cls(place_of(settings))
        subject.take(subject.read())
        return subject

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that it gives, for policies to name."""
        return self.library.types

    def changed(self) -> bool:
        """Whether the files are others than when they were last read."""
        try:
            return self.place.stamp() != self._stamp
        except OwnDataError:
            return True

    def read(self) -> Library:
        """What is on disk now. Raises `ConfigurationError`."""
        try:
            self._stamp = self.place.stamp()
            return open_library(self.place)
        except OwnDataError as error:
            raise ConfigurationError(str(error)) from None
        except SourceError as error:
            raise ConfigurationError(f"a dictionary can't be used:\n{error}") from None

    async def latest(self) -> Library:
        """What is on disk now if it changed; what is in force if it didn't, or if it can't be used."""
        if not self.changed():
            return self.library
        try:
            library = await asyncio.to_thread(self.read)
        except ConfigurationError as error:
            self.problem = str(error)
            log.error("the changed data is not used, the old stays: %s", error)  # noqa: TRY400
            return self.library
        if library.revision != self.library.revision:
            return library
        self.problem = ""
        return self.library

    def take(self, library: Library) -> None:
        """Put it in force."""
        if self.library is not library:
            log.info("own data of revision %s is in force", library.revision[:12] or "none")
        self.library, self.problem = library, ""

    def status(self) -> dict[str, Any]:
        """What `/healthz` says of it."""
        return self.library.facts()

    def missing(self) -> list[str]:
        """What `/readyz` says of it."""
        return [f"the company's own data changed and can't be used, the old is in force: {self.problem}"] * bool(
            self.problem
        )
