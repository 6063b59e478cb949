"""Runs in evadex's own environment: prints its corpus, each disguised value in the sentence that evadex puts it in.

A line is JSON. A variant: ["scan", category, generator, technique, plain sentence, disguised sentence]; both are the
same sentence. A value that only looks sensitive: ["falsepos", category, value].
"""

import json
import random

from evadex.core.registry import all_generators, load_builtins  # type: ignore[import-not-found]
from evadex.falsepos.generators import FALSEPOS_GENERATORS  # type: ignore[import-not-found]
from evadex.generate.filler import get_keyword_sentence  # type: ignore[import-not-found]
from evadex.payloads.builtins import get_payloads  # type: ignore[import-not-found]

HARMLESS = 100  # of each category, as `evadex falsepos` has by default
SEED = 7


def main() -> None:
    """Print everything."""
    load_builtins()
    for payload in get_payloads(include_heuristic=True):
        for generator in all_generators():
            fits = generator.applicable_categories
            if fits is not None and payload.category not in fits:
                continue
            for variant in generator.generate(payload.value):
                plain, disguised = (
                    get_keyword_sentence(
                        random.Random(f"{SEED}{payload.value}{variant.technique}"), payload.category, one
                    )
                    for one in (payload.value, variant.value)
                )
                print(json.dumps(["scan", payload.category.value, generator.name, variant.technique, plain, disguised]))
    for category, generate in FALSEPOS_GENERATORS.items():
        for value in generate(HARMLESS, SEED):
            print(json.dumps(["falsepos", category, value]))


if __name__ == "__main__":
    main()
