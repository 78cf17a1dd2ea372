"""Identity: who exists, who may log in, what a token says.

directory.py   names, grants and policies from this deployment's own tables
login.py       passwords and tokens → a token
tokens.py      verify, revoke, describe
grants.py      roles of users in projects
revocations.py watermarks, kept fresh
"""
