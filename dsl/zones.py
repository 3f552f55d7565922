"""Time zones by their names in the IANA database."""

from __future__ import annotations

_SHORTEST, _LONGEST = 5, 80
"""A shorter name is an abbreviation, of which several may be meant; a longer one is no name."""


def is_zone(name: str) -> bool:
    """Whether the database has a zone of this name."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def nearest_zone(name: str) -> str | None:
    """The zone whose name is most like this one, by the whole of it or by its place; else None."""
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    if not _SHORTEST <= len(name) <= _LONGEST:
        return None
    zones = {zone.lower(): zone for zone in sorted(available_timezones())}
    places = {zone.rpartition("/")[2]: full for zone, full in reversed(zones.items())}
    wanted = name.strip().lower().replace(" ", "_")
    for known, cutoff in ((zones, 0.7), (places, 0.85)):
        close = get_close_matches(wanted, known, 1, cutoff)
        if close:
            return known[close[0]]
    return None
