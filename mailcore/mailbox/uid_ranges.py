"""UIDs as inclusive ranges: what a thousand ticked messages look like in one SQL condition."""

from collections.abc import Iterable, Sequence


def ranges(uids: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending, neighbours joined."""
    found: list[tuple[int, int]] = []
    for uid in sorted(set(uids)):
        if found and found[-1][1] == uid - 1:
            found[-1] = (found[-1][0], uid)
        else:
            found.append((uid, uid))
    return found


def ranges_among(uids: Iterable[int], all_uids: Sequence[int]) -> list[tuple[int, int]]:
    """Like `ranges`, but joined over UIDs that `all_uids` (ascending) does not have.

    1:* of a mailbox with gaps is one range this way.
    """
    wanted = set(uids)
    found: list[tuple[int, int]] = []
    open_ = False
    for uid in all_uids:
        if uid not in wanted:
            open_ = False
        elif open_:
            found[-1] = (found[-1][0], uid)
        else:
            found.append((uid, uid))
            open_ = True
    return found
