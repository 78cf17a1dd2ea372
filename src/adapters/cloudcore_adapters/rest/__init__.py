"""The wire, served: an ASGI application over a `Cloud`.

app: `build_app`, one Starlette application for all services of a deployment
routes: the hand-written routes in one table; patterns: those that every resource type has
paths: which service a URL means; request, responses, errors: JSON in, JSON out, status codes
identity, images, discovery: the handlers behind the hand-written routes; transfer: image bytes in both directions
openapi: the schema of all this, derived from the resource types; server: uvicorn
protocol, incoming, exchange, head: HTTP/1 on a connection, strict about where a request ends
"""
