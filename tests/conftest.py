"""How property tests run here: the same examples every time, and more of them at night.

``ARMADA_HYPOTHESIS_PROFILE=nightly`` searches with fresh randomness and many more examples.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly", settings.get_profile("steady"), derandomize=False, max_examples=2_000
)
settings.load_profile(os.environ.get("ARMADA_HYPOTHESIS_PROFILE", "steady"))
