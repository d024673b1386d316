"""The mask of a slice from all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Box, ExtremePoints, Paint, Prompt
from inference_worker.engines.continual import trust
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.evidence import (
    Odds,
    fused,
    network_odds,
    prior_odds,
)
from inference_worker.engines.continual.filling import geodesic_fill
from inference_worker.engines.continual.memory import Page
from inference_worker.engines.continual.mending import (
    Cover,
    Fill,
    Strokes,
    enclosed,
    labels_of,
    unfilled,
)
from inference_worker.engines.continual.state import State
from inference_worker.planar.pages import boxes_on, fixed_labels, stroke_covers

_ACCEPTED = 4.0
"""Log-odds of what an accepted mask holds, should the reader mark it again."""

_FILLS: dict[str, Fill] = {"none": unfilled, "geodesic": geodesic_fill}


class Eye:
    """Looks at slices: at first sight, changed by marks, and again after learning."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.fill = _FILLS[config.fill]

    def look(
        self, state: State, index: int, made: Sequence[Prompt] = ()
    ) -> NDArray[np.float32]:
        """See slice ``index`` as its page, changed by the marks ``made`` in this turn.

        Returns
        -------
        Probability of every label, float32 (labels, y, x); the mask is in the page.
        """
        page = state.pages.get(index, Page())
        if not made:
            return self._seen(state, index, page)
        sight = page.sight
        if page.accepted and page.shown is not None:
            sight = self._accepted_odds(state, page.shown).astype(np.float16)
        elif sight is None:
            page = self._sighted(state, index, page)
            sight = page.sight
        if sight is None:
            raise ValueError(f"slice {index} has not been looked at")
        odds = sight.astype(np.float32)
        if page.mended is not None and not page.accepted:
            odds += page.mended
        changed = self._marked(state, index, odds, page.prompts, made)
        mended = (changed - sight).astype(np.float16)
        page = page.marked(made)
        return self._kept(state, index, replace(page, sight=sight, mended=mended))

    def look_again(self, state: State, index: int) -> NDArray[np.float32]:
        """The same after the network has learnt: its first sight is another now."""
        page = state.pages.get(index, Page())
        if page.accepted:
            return self._seen(state, index, page)
        return self._kept(state, index, self._sighted(state, index, page))

    def _seen(self, state: State, index: int, page: Page) -> NDArray[np.float32]:
        if page.accepted and page.shown is not None:
            odds = self._accepted_odds(state, page.shown)
            return labels_of(odds, state.values, state.frame.shape)[1]
        return self._kept(state, index, self._sighted(state, index, page))

    def _kept(self, state: State, index: int, page: Page) -> NDArray[np.float32]:
        """Show what a page's evidence amounts to, and remember it as shown."""
        if page.sight is None:
            raise ValueError(f"slice {index} has not been looked at")
        odds = page.sight.astype(np.float32)
        if page.mended is not None:
            odds += page.mended
        labels, shares = labels_of(odds, state.values, state.frame.shape)
        fixed = fixed_labels(page.prompts, index, state.frame.shape)
        said = fixed != UNMARKED
        labels[said] = fixed[said]
        state.pages[index] = replace(page, shown=labels)
        return shares

    def _sighted(self, state: State, index: int, page: Page) -> Page:
        """The page with what network and neighbours say of the slice now."""
        prior = prior_odds(state, self.config, index)
        voices = self.voices(state, index)
        chosen = self._chosen(state, page, prior, voices)
        fresh = state.network.new
        network = voices[[int(c.base) for c in chosen], np.arange(len(chosen))]
        odds = fused(network, prior, [choice.factor for choice in chosen], fresh)
        sight = np.clip(odds, -30, 30).astype(np.float16)
        if page.prompts:
            return replace(page, sight=sight)
        return replace(page, sight=sight, heard=voices.astype(np.float16))

    def _chosen(
        self, state: State, page: Page, prior: Odds | None, voices: Odds
    ) -> list[trust.Choice]:
        """Per label which network speaks, and how loud beside the neighbours."""
        config = self.config
        default = (config.trust_absent, config.trust)
        if config.prior == "none":
            return [trust.Choice(base=False, factor=1.0)] * voices.shape[1]
        if prior is None:
            return trust.first_choices(voices[1], self._marked_mask(state, page))
        chosen = trust.choices(state.record, prior, default, state.network.new)
        if config.trust_learned:
            return chosen
        return [replace(choice, base=False) for choice in chosen]

    def _marked_mask(self, state: State, page: Page) -> NDArray[np.uint8] | None:
        """Output channels (h, w) of a mask that bears marks."""
        if not page.prompts or page.shown is None:
            return None
        shares = state.frame.soft_masks(page.shown, state.channels)
        return np.asarray(shares[0].argmax(dim=0).cpu().numpy(), dtype=np.uint8)

    def voices(self, state: State, index: int) -> Odds:
        """Log-odds of the taught and of the base model, (2, labels, h, w)."""
        taught = state.taught(self.config.answer)
        odds = [network_odds(state, taught, index)]
        same = taught is state.start
        odds.append(odds[0] if same else network_odds(state, state.start, index))
        return np.clip(np.stack(odds), -30, 30)

    def _accepted_odds(self, state: State, shown: NDArray[np.uint8]) -> Odds:
        shares = state.frame.soft_masks(shown, state.channels)[0].cpu().numpy()
        return np.asarray(_ACCEPTED * (shares[1:] - shares[:1]), dtype=np.float32)

    def _marked(
        self,
        state: State,
        index: int,
        odds: Odds,
        earlier: Sequence[Prompt],
        made: Sequence[Prompt],
    ) -> Odds:
        """Evidence after the marks of one turn."""
        grey = state.frame.grey(index)
        boxes = boxes_on(made, index, state.frame.shape)
        for label, box in boxes.items():
            if label:
                inside = state.frame.shrink(box)
                odds = enclosed(odds, grey, inside, state.channels[label], self.fill)
        drawn = [p for p in made if not isinstance(p, Box | ExtremePoints | Paint)]
        old = self._covers(state, index, earlier)
        if drawn:
            strokes = Strokes(self._covers(state, index, drawn), old)
            odds = self.fill(odds, grey, strokes)
        painted = [p for p in made if isinstance(p, Paint | ExtremePoints)]
        if painted:
            strokes = Strokes({}, self._covers(state, index, painted))
            odds = unfilled(odds, grey, strokes)
        return odds

    def _covers(
        self, state: State, index: int, prompts: Sequence[Prompt]
    ) -> dict[int, Cover]:
        """Output channel → pixels (h, w) that marks of it cover."""
        found = stroke_covers(prompts, index, state.frame.shape)
        return {
            state.channels.get(label, 0): state.frame.shrink(cover)
            for label, cover in found.items()
        }
