"""How thoroughly properties are tried.

`CLOUDCORE_HYPOTHESIS` names the profile: `fast` (the default: the same examples in each run, so that a red run is red
again), `explore` (other examples each time) or `long` (many; `nox -s all`). A test's own `max_examples` stays.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", max_examples=200, deadline=None, print_blob=True)
settings.register_profile("long", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("CLOUDCORE_HYPOTHESIS", "fast"))
