"""A stopped propagation becomes one that was told to go just so far."""

import pytest

from inference_worker.contract.shortening import shortened


def walk(slice, direction, count=None):
    return {
        "kind": "propagate",
        "slice": slice,
        "direction": direction,
        "count": count,
    }


@pytest.mark.parametrize(
    ("asked", "arrived", "kept"),
    [
        (walk(3, 1), [3, 4, 5], [walk(3, 1, 2)]),
        (walk(3, -1), [3, 2], [walk(3, -1, 1)]),
        # Stopped on the way up: nobody has gone down yet.
        (walk(3, 0), [3, 4], [walk(3, 1, 1)]),
        # Stopped on the way down: up it went to its end.
        (walk(3, 0), [3, 4, 5, 2], [walk(3, 1), walk(3, -1, 1)]),
        (walk(3, 0, 5), [3, 4, 5, 2], [walk(3, 1, 5), walk(3, -1, 1)]),
        # The reader's own slices are passed over.
        (walk(3, 1), [6], [walk(3, 1, 3)]),
        (walk(3, 1), [3], []),
        (walk(3, 1), [], []),
        # Stopped a second time, it is what it was.
        (walk(3, 1, 2), [3, 4, 5], [walk(3, 1, 2)]),
    ],
)
def test_as_far_as_it_has_come(asked, arrived, kept):
    assert shortened([asked], arrived) == kept


@pytest.mark.parametrize(
    "prompts",
    [
        [{"kind": "click", "label": 1, "voxel": [1, 2, 3]}],
        [walk(3, 1), walk(3, -1, 1)],
    ],
)
def test_what_is_no_single_walk_is_done_whole_or_not_at_all(prompts):
    assert shortened(prompts, [3, 4, 2]) == []
