import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Prompt, Scribble } from '../wire/Prompt';
import { BrushRing } from './BrushRing';
import type { Brush } from './PaneLayers';
import { StrokeTiles } from './StrokeTiles';

export function isScribble(prompt: Prompt): prompt is Scribble {
  return prompt.kind === 'scribble';
}

/** The stroke under the hand and the brush. */
export class LiveLayer {
  readonly #root = document.createElement('div');
  readonly #strokes: StrokeTiles;
  readonly #ring: BrushRing;

  /** @param below the canvas that the layer lies on */
  constructor(below: HTMLElement, colorOf: (label: number) => string) {
    this.#root.setAttribute('aria-hidden', 'true');
    this.#root.dataset.testid = 'live';
    this.#root.style.cssText =
      'position: absolute; inset: 0; overflow: hidden; pointer-events: none';
    this.#strokes = new StrokeTiles(this.#root, colorOf);
    this.#ring = new BrushRing(this.#root, colorOf);
    below.after(this.#root);
  }

  draw(
    placement: SlicePlacement | null,
    strokes: readonly Scribble[],
    brush: Brush | null,
  ): void {
    if (placement && strokes.length > 0) {
      this.#strokes.draw(placement, strokes);
    } else {
      this.#strokes.clear();
    }
    this.#ring.draw(placement, brush);
  }

  destroy(): void {
    this.#root.remove();
  }
}
