"""When a simulated reader who wants a certain Dice takes the brush."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Scales:
    """Marking weighed against the brush, from one correction to the next.

    Attributes
    ----------
    marking_s: what the last correction took the reader. by_hand_s: what the brush would
        have taken instead of it.
    """

    marking_s: float = 0.0
    by_hand_s: float = math.inf

    def pays(self, marking_s: float, by_hand_s: float) -> bool:
        """Whether to mark once more.

        It does while it is sooner done than the brush would be, and the last mark
        saved at least as much brushing as it took.

        Parameters
        ----------
        marking_s: what the next correction would take. by_hand_s: what the brush would
            take now, to the end.
        """
        paid = self.by_hand_s - by_hand_s >= self.marking_s
        self.marking_s, self.by_hand_s = marking_s, by_hand_s
        return paid and marking_s < by_hand_s
