"""What is sensitive in a text: from a `str` to a `Scan`. Knows nothing of requests, policies or the audit log.

    finding       Finding(entity_type, start, end, score, detector), Label, Skipped, Scan; none holds text
    entity type   what kind of thing was found; all are listed in configs/entities.yaml with groups and thresholds
    detector      anything with `name` and `find_many(sources)`; the scanner runs them all
    recogniser    a detector of our own: constants and an optional validator (`detectors.recognizers`)
    source        a normalized text and the name of the field it came from
    reading       what a text says when a disguise is undone (`detectors.readings`); in `evidence`: what the two
                  named-entity models say of a chunk of prose
    view          a part of a text, read so, with the places where its characters were written
    context       a word shortly before a value, or the field's name, that says what the value is
    merge         overlapping findings become one; thresholds are applied there
    revision      changes when detectors, models or thresholds change; part of every cache key
    skipped       a detector failed: the text counts as not inspected, and the policy decides

The way of a text: `scan` → `normalize` → `readings` → every detector (`presidio` with `ner` and `evidence`, the
families in `recognizers`) → `merge` → offsets of the original. `cache` stands in front. `whole` and `encoded` are about
encodings: base64 and its like.
"""
