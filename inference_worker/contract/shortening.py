"""What a propagation would have been asked for, had it been to end where it did.

A walk answers one slice after the other, away from its source, up before down. So as
far as it has come, it is the same as a walk that was told to go just so far.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any


def shortened(
    prompts: Sequence[Mapping[str, Any]], arrived: Collection[int]
) -> list[dict[str, Any]]:
    """Prompts (wire JSON) of the part of a turn that has ``arrived``.

    Parameters
    ----------
    prompts: of the turn that is stopped.
    arrived: the slices that were answered, the source among them or not.

    Returns
    -------
    Propagations that end at the last slice that arrived on each side; none where
    nothing did, or where the turn holds more than one propagation: such a turn is done
    whole or not at all.
    """
    if len(prompts) != 1 or prompts[0]["kind"] != "propagate":
        return []
    (asked,) = prompts
    source, count = asked["slice"], asked["count"]
    up = max((index - source for index in arrived), default=0)
    down = max((source - index for index in arrived), default=0)
    kept = []
    for direction, reached in ((1, up), (-1, down)):
        if reached <= 0 or asked["direction"] * direction < 0:
            continue
        # A walk up is over once the one down has begun.
        over = direction == 1 and asked["direction"] == 0 and down > 0
        kept.append(
            {
                "kind": "propagate",
                "slice": source,
                "direction": direction,
                "count": count if over else reached,
            }
        )
    return kept
