"""The API gateway under `/api`: the same cloud in the form that browsers use.

pass        who is asking: the session in cookies or as a bearer, and whether a page of another site sent the request
login       logging in and out, changing the project, and what a form needs before that
account     who one is, what one may do, one's password
resources   `/api/v2/servers…`: what each service has, without envelopes; many ids at once
download    images, and lists as files
table       every route, and which of them answers

Nothing is asked over the network: a request is handed to the handler that the service's own route has. The form
`/api/s/<service>/…` is that route under another address (`rest.paths`) and knows no cookies.
"""
