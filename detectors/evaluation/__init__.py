"""How good detection is on labelled texts: `rows` reads them, `score` counts, `peer` is what it is compared with."""
