"""Commands that do more than one request, or talk to more than the API. `climc.table` names them."""
