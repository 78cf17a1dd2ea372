"""Quotas and the ledgers of what is given out.

    ledger.py     quota usage of projects and domains, charged and refunded in the unit that causes it
    claims.py     what the servers of a host hold of it, and the disks of a storage
    limits.py     what an owner may hold: his own limits, and those of the deployment where he has none
    family.py     the families of counters that clients know
    counting.py   the rows that each counter is counted from, and which of them match the keys of a narrowed limit
    recount.py    what owners really hold, and the ledger made to say so
    reserving.py  room that is kept for what shall be made soon
    alerts.py     who has nearly used up a limit
    holdings.py   everything that one server or disk holds, taken and given back together
    ties.py      what servers and disks are tied to, parted before they go

Correctness comes from conditional updates: whoever would exceed a limit changes no row.
"""
