"""Named tasks: what a request wants done over and over, so that a small model may do it.

- **task**: an instruction, the schema of its output, and examples; a folder with `task.yaml` and `examples.jsonl`.
- **field**: one value of the output. A task's output is flat: texts, dates, numbers, or one of some words.
- **near miss**: an example whose output is null: it looks like the task's input, and isn't.
- **answerer**: what does a task: a chat model under a grammar, a linear model, or one that ranks candidates.
"""
