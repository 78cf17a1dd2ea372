"""What a caller may ask. Every operation is a function that can be run again from its start.

platform.py     what operations need: storage, policies, directory, effects, keys
run.py          opens the unit of work, commits, runs again on contention
access.py       permission → the rows it reaches
listing.py      list parameters → query
refs.py         ids and names → rows; hierarchy filters; details that come from referred rows
generic.py      list, get, create, update, delete, perform for every resource type
common.py       actions that come with the ownership ladder
servers.py, disks.py, images.py, keypairs.py, networks.py, hosts.py …   what a type needs of its own
identity/       login, tokens, grants
table.py        which operation serves which verb of which type
"""
