"""Recorded human logs, turn by turn, under any engine.

A log is a JSON list of turns ``{"prompts": [...]}`` as the wire carries them (``id``,
``seq`` and more may be there), of one case; or ``{"<case>": [turns], …}`` for several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inference_worker.contract.errors import MessageError
from inference_worker.contract.prompts import Accept, Prompt, Visit, slice_of
from inference_worker.contract.validation import check_prompts
from inference_worker.contract.wire import prompt_from_json
from inference_worker.evaluation.rows import CaseRow
from inference_worker.evaluation.walk import Walk

Log = tuple[tuple[Prompt, ...], ...]


@dataclass
class Replay(Walk):
    """A walk that takes its prompts from a log; nobody's time is simulated.

    Attributes
    ----------
    log: the prompts of every turn.
    """

    log: Log = ()
    _corrections_of: dict[int, int] = field(default_factory=dict)

    def _walk(self) -> list[int]:
        for prompts in self.log:
            check_prompts(
                prompts,
                spec=self.engine.spec,
                geometry=self.case.volume.geometry,
                labels=[label.value for label in self.labels],
            )
            self._replay(prompts)
        return sorted({row.slice for row in self.turns})

    def _totals(self, slices: Sequence[int]) -> CaseRow:
        return replace(super()._totals(slices), user_s=None, waiting_s=None)

    def _replay(self, prompts: tuple[Prompt, ...]) -> None:
        times = self._step(prompts)
        self.clock.answer(times)
        marks: list[Prompt] = [p for p in prompts if not isinstance(p, Accept | Visit)]
        visits: list[Prompt] = [p for p in prompts if isinstance(p, Visit)]
        shown = marks or visits
        if not shown:
            return
        index = slice_of(shown[-1])
        turn = self._corrections_of.get(index, 0) + bool(marks)
        self._corrections_of[index] = turn
        self._record(index, turn, prompts, times, None, None, "replay")


def read_log(path: Path, cases: Sequence[str]) -> dict[str, Log]:
    """The log of each case.

    Raises
    ------
    MessageError: ``message:malformed``, no such log; ``message:no-case``, it is not
    said which case a log belongs to, or there is none of that name.
    """
    try:
        body = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise MessageError("malformed", f"{path} is no JSON log: {error}") from error
    if isinstance(body, list):
        if len(cases) != 1:
            raise MessageError(
                "no-case",
                f"{path.name} is the log of one case, but there are {len(cases)}; "
                'choose one with --max-cases 1 or write {"<case>": [turns]}.',
            )
        body = {cases[0]: body}
    if not isinstance(body, Mapping):
        raise MessageError("malformed", f"{path} is no list of turns.")
    unknown = sorted(set(body) - set(cases))
    if unknown:
        raise MessageError("no-case", f"No case is called {unknown[0]}.")
    return {case: _log(turns) for case, turns in body.items()}


def _log(turns: Iterable[Any]) -> Log:
    log = []
    for turn in turns:
        if not isinstance(turn, Mapping) or not isinstance(turn.get("prompts"), list):
            raise MessageError("malformed", "A turn of the log holds no prompts.")
        if turn.get("state", "active") == "active":
            log.append(tuple(prompt_from_json(body) for body in turn["prompts"]))
    return tuple(log)
