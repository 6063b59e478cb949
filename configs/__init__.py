"""What can be configured, and what ships with Privet as data. Everything else may import this; this imports nothing.

- settings: `privet.yaml`, typed (`settings`); its commented form is `privet.yaml` beside this file
- state directory: keys, certificate authority, checkpoints (`state`)
- host table: which hosts are LLM hosts, and whose (`hosts`, `llm_hosts.yaml`)
- entity type, group: what detection can find and how policies name it (`entities`, `entities.yaml`)
- policy pack: a shipped policy that others extend (`policies/`)
- source position: file, line and column of every value, for errors (`yaml_source`)
"""
