"""A whole cloud in a deterministic simulation: `cloudcore simulate`.

`stage` runs actors one at a time by a seed and a virtual clock; `cloud` is the platform on memory storage and simulated
hosts; `menu` are the faults; `lines` is the network between control plane and hosts; `life` puts them together and lives
one seed; `process` is one control-plane process, `duties` what all do by themselves, `emptying` what an operator does in
the end; `clients` and `makers` draw what is asked from the registry; `moves` is an ordeal of its own; `watch` checks each commit
and `bearing` how tasks bear what befalls them, `invariants` the world; `seeds` runs many and shrinks what fails, `coverage`
counts what came up; `command` is the program.
"""
