"""Servers.

input.py    what a caller wants, read and looked up
create.py   decide, claim, charge, insert, begin — one commit for a batch
delete.py   begin to delete
disks.py    attached, detached, made;   resize.py   enlarged
cards.py    plugged in, taken out, given other addresses
config.py   processors, memory and disks at once
"""
