"""climc: the command line of the cloud.

Commands are derived from the resource types. What they are called and which options they have is written into
`index.json` when the types change (`python -m cloudcore_apps.climc.index`), so that starting the program loads no
resource type. `handmade/` has the commands that do more than one request.
"""
