"""Features of a text for heads: the mean over its tokens of SmolLM2's fourth layer."""

from dataclasses import dataclass

from local_models.catalog import path_of, spec_of
from local_models.runtime import FeatureModel, Vector

FEATURE_MODEL = "smollm2-135m-l4"
MAX_TOKENS = 512  # a window of 1,200 characters of English prose has about 270


@dataclass(frozen=True, slots=True)
class Embedder:
    """The feature model, and what it is: `model` names it, `sha256` pins it."""

    model: str
    sha256: str
    width: int
    _features: FeatureModel

    def vector(self, text: str) -> Vector:
        """The features of the text's first `MAX_TOKENS` tokens; zeros for an empty text."""
        return self._features.vector(text)


def load_embedder(name: str = FEATURE_MODEL, *, threads: int = 1) -> Embedder:
    """Load the feature model, made first when it is missing. Raises `ModelError`.

    One thread by default: llama.cpp's threads spin while they wait, which on a busy machine costs more than it brings.
    """
    features = FeatureModel(path_of(name), max_tokens=MAX_TOKENS, threads=threads)
    return Embedder(model=name, sha256=spec_of(name).sha256, width=features.width, _features=features)
