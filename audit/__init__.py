"""The audit log: what was decided, why, and proof that nobody changed it since.

Words:

    event         what happened, in counts, names and pointers; never content (`audit.event`)
    intent        the event that is durable before a request leaves; outcome: how that request ended; notice: the rest
    record        an event with its place: stream, sequence number, hash of the record before (`audit.canonical`)
    body          the record's canonical bytes (RFC 8785), stored verbatim; columns are an index derived from them
    stream        the records of one writer process, numbered from 1 without gaps
    leaf hash     SHA-256 of a body with RFC 6962's prefix; root: the Merkle root of a stream's leaf hashes
    checkpoint    origin, size and root of a stream, signed (C2SP signed note); in `checkpoints.log`
    head          the newest checkpoint of a running stream, rewritten after each commit, before anyone gets an answer
    fingerprint   keyed HMAC of a value: finds a person's data for those who hold the key, tells nobody else anything
    store         writes records, many per commit; a record that isn't durable in time is an error (`audit.store`)
    verification  an independent reading of database, checkpoints and heads, which names what is wrong and where

This package knows nothing of policies, detectors or proxies: it takes plain values.
"""
