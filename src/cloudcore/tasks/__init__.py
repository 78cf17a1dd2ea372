"""Long operations as sagas.

    flow.py      what a flow is: steps with do and undo, each idempotent, each with a deadline
    task.py      one run of a flow, as it is stored: the journal
    engine.py    the pure state machine: what one commit changes, given the outcomes so far
    worker.py    drives tasks of one process: claims, submits, asks, commits
    flows/       one file per long operation; `flows.FLOWS` is the registry

One commit lies between two steps: it records the outcomes of the last, the domain's changes, and the intents (keys,
fence, deadline) of the next. Whatever dies between two commits, the next worker asks by key and goes on.
"""
