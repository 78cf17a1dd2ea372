"""Servers.

input.py    what a caller wants, read and looked up
create.py   decide, claim, charge, insert, begin — one commit for a batch
delete.py   begin to delete
"""
