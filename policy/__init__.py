"""What may leave for an LLM, and in what shape.

The words used here:

- **policy**: one or more YAML files, resolved; its **revision** is the hash of what they say together.
- **rule**: a **condition** (`when`), an **effect** and **obligations**.
- **effect**: may the request go? allow < justify < reroute < block; the strongest of all matching rules wins.
- **obligation**: in what shape it may go: tokenize, mask or redact some entity types; or the model to reroute to.
- **budget**: how much may leave in a time.
- **inquiry**: what a policy is asked: who wants to send what where, and what was found in it. Never the text.
- **decision**: the answer, with the **determining rules** (those that set the effect) and the **actions** per type.
- **pack**: a shipped policy that others extend (`builtin/secrets`).
- **case**: an inquiry and the decision that is expected of it, in a `.test.yaml` beside a policy.

`load` reads, `evaluate` decides, `explain` says why, `testing` runs cases. All but reading files is pure; nothing here
knows of sockets, requests or models.
"""
