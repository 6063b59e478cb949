"""What a dozen of a company's own documents teach, and which layer tells confidential sentences.

    python bench/documents.py company --cache FILE      twelve documents a label of sources that the head never saw
    python bench/documents.py sentences                 n-grams and each layer, on bench/sets/confidential.jsonl

`company` leaves out of Privet's head all sources that the company's documents are from, gives twelve of each label to
`privet models train documents --from`'s training, and asks about the rest; the mean of several draws. `--cache` keeps
the feature model's vectors, as in `privet models train`. Beside it stands the same head without those documents.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from local_models.catalog import path_of
from local_models.corpus import LABELS, PUBLIC, READ, Example, group_of, load_corpus, short_requests
from local_models.derive import derive
from local_models.embed import Embedder, load_embedder
from local_models.evaluate import false_alarms, macro_f1, ranking
from local_models.heads import Head, load_head
from local_models.own_labels import Labelled, teach
from local_models.runtime import FeatureModel
from local_models.sentences import CONFIDENTIAL
from local_models.train import fitted_on, vectors_of
from local_models.train_sentences import judged_on

DATA = Path("../shared/data")
SENTENCES = Path(__file__).parent / "sets/confidential.jsonl"
HELD_BACK = frozenset({"contextual-anonymizer", "18F/handbook", "medquad"})
COMPANIES = {"business papers, handbook": {"18F/handbook"}, "the same, health pages": {"18F/handbook", "medquad"}}
DOCUMENTS, DRAWS = 12, 4


class Remembered:
    """The feature model, with the vectors that are known already."""

    def __init__(self, embedder: Embedder, known: dict[str, Any]) -> None:
        self.model, self.sha256, self.width = embedder.model, embedder.sha256, embedder.width
        self._embedder, self._known = embedder, known

    def vector(self, text: str) -> Any:
        """A text's features."""
        if text not in self._known:
            self._known[text] = self._embedder.vector(text)
        return self._known[text]


def company(data: Path, cache: Path | None) -> None:
    """Print macro-F1 and false alarms of each company."""
    corpus, embedder = load_corpus(data), load_embedder()
    known = vectors_of([*corpus.train, *corpus.dev, *corpus.check], embedder, _quiet, cache)
    remembered: Any = Remembered(embedder, known)
    inside = tuple(one for one in corpus.train if group_of(one.source) not in HELD_BACK)
    with threadpool_limits(limits=1, user_api="blas"):
        base = Head(LABELS, "", {}, fitted_on(inside, known, load_head().weights.temperatures))
        whole = {json.loads(line)["text"] for name in ("train", "dev") for line in (data / f"doc_{name}.jsonl").open()}
        held = [one for one in (*corpus.train, *corpus.dev) if group_of(one.source) in HELD_BACK and one.text in whole]
        for name, public in COMPANIES.items():
            papers = [
                one
                for one in held
                if (group_of(one.source) in public if one.label == PUBLIC else one.source == "contextual-anonymizer")
            ]
            rows = [_drawn(base, papers, remembered, seed) for seed in range(DRAWS)]
            without = _judged(base, papers, remembered)
            print(f"{name}: {len(papers)} documents")
            for what, figures in (("Privet's head", without), ("with twelve of each label", np.mean(rows, axis=0))):
                f1, alarms, likeliest = figures
                said = f"macro-F1 {f1:.3f}, false alarms {alarms:.1%} at 90 % recall, {likeliest:.1%} by the likeliest"
                print(f"  {what}: {said}")


def _drawn(base: Head, papers: Sequence[Example], embedder: Any, seed: int) -> tuple[float, float, float]:
    chance = np.random.default_rng(seed)
    chosen: set[int] = set()
    for label in sorted({one.label for one in papers}):
        places = [place for place, one in enumerate(papers) if one.label == label]
        chosen |= set(chance.choice(places, DOCUMENTS, replace=False).tolist())
    given = [Labelled(str(place), papers[place].label, (papers[place].text[:READ],)) for place in sorted(chosen)]
    taught = teach(base, given, short_requests(), embedder, _quiet)
    head = Head(taught.labels, "", {}, taught.weights, len(taught.new))
    return _judged(head, [one for place, one in enumerate(papers) if place not in chosen], embedder)


def _judged(head: Head, papers: Sequence[Example], embedder: Any) -> tuple[float, float, float]:
    said = np.stack([head.probabilities(one.text[:READ], embedder.vector(one.text[:READ])) for one in papers])
    truth = np.asarray([LABELS.index(one.label) for one in papers])
    public, best = truth == LABELS.index(PUBLIC), said.argmax(axis=1)
    sensitivity = 1 - said[:, LABELS.index(PUBLIC)]
    return (
        macro_f1(truth, best),
        false_alarms(sensitivity[~public], sensitivity[public], 0.9),
        float((best[public] != truth[public]).mean()),
    )


def sentences(layers: Sequence[int]) -> None:
    """Print the AUC and false alarms of each layer with the n-grams, and of the n-grams alone."""
    rows = [json.loads(line) for line in SENTENCES.read_text("utf-8").splitlines()]
    texts, yes = [row["text"] for row in rows], np.asarray([row["label"] == CONFIDENTIAL for row in rows])
    with tempfile.TemporaryDirectory() as place, threadpool_limits(limits=1, user_api="blas"):
        for layer in layers:
            file = Path(place) / f"{layer}.gguf"
            derive(path_of("smollm2-135m"), file, layer)
            model = FeatureModel(file, max_tokens=512, threads=1)
            for name, scores in judged_on(texts, model.vector).items():
                area, alarms = ranking(scores[yes], scores[~yes]), false_alarms(scores[yes], scores[~yes], 0.9)
                print(f"layer {layer}, {name}: AUC {area:.3f}, false alarms {alarms:.0%} at 90 % recall", flush=True)


def _quiet(_step: str, _done: int, _total: int) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["company", "sentences"])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--cache", type=Path, help="company: file with the feature model's vectors")
    parser.add_argument("--layers", type=int, nargs="+", default=[4, 8, 12, 16], help="sentences: which layers")
    options = parser.parse_args(arguments)
    if options.what == "company":
        company(options.data, options.cache)
    else:
        sentences(options.layers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
