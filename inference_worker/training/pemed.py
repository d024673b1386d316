"""Train PE-MED by iterative clicks on targets of every kind.

::

    python -m inference_worker.training.pemed --data-root DIR --out var/pemed

In every step each view's target is clicked at its centre; the network answers up to
four clicks without learning, each set in the middle of the largest error so far, and
the last answer is learnt from with the normalised focal loss. ``--without palm_i``
(or ``palm_o``, ``self_loop``, ``tsip``; may be repeated) trains a network that lacks
the idea. Seeded; the same command continues a run that was cut; Ctrl-C finishes the
step, saves and stops.

Departs from the paper, which trains 100 epochs on one set with Adam at 5e-3: a short
run over several sets, AdamW, warmed up and annealed by a cosine.
"""

from __future__ import annotations

import argparse
import logging
import math
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference_worker.evaluation.provenance import commit
from inference_worker.nets.pemed import IDEAS, SMALL, PEMed, PEMedShape
from inference_worker.nets.prompted import save_prompted
from inference_worker.training.average import early, follow
from inference_worker.training.checkpoint import note_run, resume, save
from inference_worker.training.curve import draw_losses
from inference_worker.training.focal import normalised_focal_loss
from inference_worker.training.ritm import next_click
from inference_worker.training.targets import (
    PREPROCESSING,
    REFERENCE,
    SOURCES,
    Pools,
    draw_targets,
    read_pools,
)

log = logging.getLogger("training")

STEPS = 900
BATCH = 8
PHASES = ((0.85, 112), (1.0, 160))
"""Until this share of the steps, views of so many pixels a side."""
CLICKS_MOST = 5
LEARNING_RATE = 1.5e-3
WARM_UP = 50
DROPPED_SHARE = 0.12
PLAIN_SHARE = 0.1
"""Steps in which an idea is left out, and all are: so that one network answers for all
ablations, each of which it was trained for."""
DECAY = 0.99
"""Of the averaged weights, which are the ones kept."""


def answer_clicks(
    net: PEMed, image: Tensor, truth: NDArray[np.bool_], clicks: int
) -> Tensor:
    """Logits (b, s, s) after ``clicks`` simulated ones; only the last pass learns.

    Parameters
    ----------
    image: (b, 1, s, s), standardised. truth: bool (b, s, s).
    """
    positive = torch.zeros(len(truth), 1, *truth.shape[1:])
    negative = torch.zeros_like(positive)
    f_i = net.encode(image)
    logits = torch.full_like(positive, -1.0)
    for number in range(clicks):
        shown = (logits.detach()[:, 0] > 0).numpy()
        for index, target in enumerate(truth):
            click = next_click(shown[index], target)
            if click is not None:
                disc, adds = click
                (positive if adds else negative)[index, 0][torch.from_numpy(disc)] = 1
        with torch.set_grad_enabled(number + 1 == clicks):
            if not number:
                logits = net.first_passes(f_i, positive, negative)
            else:
                logits = net(f_i, positive, negative, logits.sigmoid(), logits)
    return logits[:, 0]


def train(
    pools: Pools,
    out: Path,
    *,
    without: Sequence[str] = (),
    steps: int = STEPS,
    stop_after: int | None = None,
    seed: int = 0,
    side: int | None = None,
) -> Path:
    """Train to ``steps`` (or leave at ``stop_after``); returns the model's path."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    shape = PEMedShape(**{**asdict(SMALL), **dict.fromkeys(without, False)})
    net = PEMed(shape).train()
    averaged = {name: t.detach().clone() for name, t in net.state_dict().items()}
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE)
    begun = done = resume(out / "checkpoint.safetensors", net, averaged, optimizer)
    rows: list[tuple[int, float, float]] = []
    asked: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    last = min(steps, stop_after or steps)
    try:
        while done < last and not asked:
            began = time.monotonic()
            rng = np.random.default_rng([seed, done])
            share = done / steps
            pixels = side or next(s for until, s in PHASES if share < until)
            views, truth = draw_targets(pools, pixels, BATCH, rng)
            image = PREPROCESSING.intensity.standardise(torch.from_numpy(views))
            warm = min(1.0, (done + 1) / WARM_UP)
            for group in optimizer.param_groups:
                cosine = 0.5 * (1 + math.cos(math.pi * share))
                group["lr"] = LEARNING_RATE * warm * cosine
            clicks = 1 + int(rng.integers(CLICKS_MOST))
            plain = rng.random() < PLAIN_SHARE
            left_out = rng.random(len(IDEAS)) < DROPPED_SHARE
            net.use(
                **{
                    i: not (plain or out)
                    for i, out in zip(IDEAS, left_out, strict=True)
                }
            )
            logits = answer_clicks(net, image, truth, clicks)
            loss = normalised_focal_loss(logits, torch.from_numpy(truth))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            follow(averaged, net, early(DECAY, done))
            rows.append((done, float(loss.detach()), time.monotonic() - began))
            if done % 20 == 0:
                mean = np.mean([row[1] for row in rows[-20:]])
                log.info("step %d/%d loss %.4f", done, steps, mean)
            done += 1
            if done % 100 == 0 or done == last or asked:
                save(out / "checkpoint.safetensors", net, averaged, optimizer, done)
    finally:
        signal.signal(signal.SIGINT, previous)
    if rows:
        draw_losses(rows, out / "losses.png")
    net.load_state_dict(averaged)
    net.use()
    facts = {
        "training": {
            "script": "inference_worker.training.pemed",
            "sources": [
                {"folder": s.folder, "labels": len(s.labels), "licence": s.licence}
                for s in (*SOURCES, REFERENCE)
            ],
            "patients": pools.patients,
            "without": list(without),
            "seed": seed,
            "steps": done,
            "runs": note_run(out, begun, done, steps=steps, side=side),
            "batch": BATCH,
            "commit": commit(),
            "parameters": sum(p.numel() for p in net.parameters()),
        }
    }
    path = out / "model.safetensors"
    save_prompted(path, "pemed", net.eval(), shape, PREPROCESSING, facts=facts)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without", choices=IDEAS, action="append", default=[])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--side", type=int, help="of every view; else in phases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.threads)
    train(
        read_pools(given.data_root),
        given.out,
        without=given.without,
        steps=given.steps,
        seed=given.seed,
        side=given.side,
    )


if __name__ == "__main__":
    main()
