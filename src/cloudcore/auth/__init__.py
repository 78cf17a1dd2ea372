"""Who is asking, and what he may do: rules only, no storage.

caller.py request.py tokens.py revocation.py passwords.py    proving who one is
scopes.py documents.py bindings.py policy.py builtin.py      what policies allow, and why
defaults.py natural.py                                       the policies and roles of a fresh deployment
catalog.py                                                   the bodies of token replies
"""
