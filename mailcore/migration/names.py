"""Courier's name of a setting → ours, from what the settings say of themselves.

A setting declares `courier="retryalpha"`; `courier="NAME=0"` on a yes-or-no setting means
that it is on where NAME is off.
"""

from collections.abc import Sequence
from functools import cache

from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SETTINGS


def counterparts(name: str, sections: Sequence[str] = ()) -> list[tuple[Setting, bool]]:
    """The settings that do what `name` did, and whether each means the opposite.

    Only those of `sections`, if any are named: two servers have settings of the same name.
    """
    found = _index().get(name.upper(), ())
    return [one for one in found if not sections or one[0].section in sections]


@cache
def _index() -> dict[str, list[tuple[Setting, bool]]]:
    index: dict[str, list[tuple[Setting, bool]]] = {}
    for section in SETTINGS.values():
        for setting in section.values():
            name, _, value = setting.courier.partition("=")
            if name and " " not in name:
                index.setdefault(name.upper(), []).append((setting, value == "0"))
    return index
