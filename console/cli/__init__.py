"""`privet` and its commands, one file each. A module's top level imports little: `privet --help` imports them all.

- `Cli`: the settings that `--config` and `--set` name, handed to every command (`context`)
- exit codes: 0 yes or done, 1 the answer is no, 2 can't be used as given, 3 the audit log was changed
- results go to stdout (tables for people, `--json` for programs), everything else to stderr
"""
