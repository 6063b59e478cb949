"""The company's own data: what it registered with `privet data add`, and the terms that it wrote down.

    words       a text as words that compare equal however they are written
    hashing     keyed hashes of rows of words, many at a time
    container   the files that registered data lies in: arrays, a header, a seal
    rows        tables of values: building such a file, and finding its values in texts
    passages    documents: the same for passages
    terms       dictionaries and patterns in YAML
    library     all of it together, as detectors

No value is kept anywhere: a file holds keyed hashes, and without `state/data.key` they say nothing.
"""
