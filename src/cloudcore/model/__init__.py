"""The language that everything else is written in.

spec.py resource.py entity.py lifecycle.py    how a resource type is declared
query.py                                       one query language, with its reference semantics
wire.py reading.py                             entity ↔ JSON, and permissive reading of what callers send
history.py                                     what is remembered of each change
effects.py guest.py host.py                    what is asked of the world, and what hosts say of themselves
errors.py units.py addresses.py names.py json.py
"""
