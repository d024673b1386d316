import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Prompt } from '../wire/Prompt';
import type { Brush } from './PaneLayers';

const SVG = 'http://www.w3.org/2000/svg';
const HALO = 'rgb(0 0 0 / 0.75)';

type Scribble = Extract<Prompt, { kind: 'scribble' }>;

export function isScribble(prompt: Prompt): prompt is Scribble {
  return prompt.kind === 'scribble';
}

/**
 * The stroke under the hand and the brush. Vectors, not a canvas: of a canvas
 * the browser composes every pixel anew with each movement, of a vector only
 * those that it covers.
 */
export class LiveLayer {
  readonly #root = document.createElementNS(SVG, 'svg');
  readonly #colorOf: (label: number) => string;
  readonly #strokes: SVGPathElement[] = [];
  readonly #brush = [HALO, ''].map((color, i) => {
    const circle = document.createElementNS(SVG, 'circle');
    circle.setAttribute('fill', 'none');
    circle.setAttribute('stroke', color);
    circle.setAttribute('stroke-width', i === 0 ? '3' : '1');
    circle.setAttribute('vector-effect', 'non-scaling-stroke');
    return circle;
  });

  /** @param below the canvas that the layer lies on */
  constructor(below: HTMLElement, colorOf: (label: number) => string) {
    this.#colorOf = colorOf;
    this.#root.setAttribute('aria-hidden', 'true');
    this.#root.style.cssText =
      'position: absolute; inset: 0; width: 100%; height: 100%; ' +
      'pointer-events: none';
    below.after(this.#root);
  }

  draw(
    placement: SlicePlacement | null,
    strokes: readonly Scribble[],
    brush: Brush | null,
  ): void {
    const shown = placement ? strokes : [];
    while (this.#strokes.length > shown.length) {
      this.#strokes.pop()?.remove();
    }
    shown.forEach((stroke, i) => {
      this.#drawStroke(i, stroke, placement as SlicePlacement);
    });
    if (placement && brush) {
      this.#drawBrush(placement, brush);
    } else {
      for (const circle of this.#brush) {
        circle.remove();
      }
    }
  }

  destroy(): void {
    this.#root.remove();
  }

  #drawStroke(i: number, stroke: Scribble, placement: SlicePlacement): void {
    let path = this.#strokes[i];
    if (!path) {
      path = document.createElementNS(SVG, 'path');
      path.setAttribute('fill', 'none');
      path.setAttribute('stroke-linecap', 'round');
      path.setAttribute('stroke-linejoin', 'round');
      path.setAttribute('stroke-opacity', '0.6');
      this.#strokes[i] = path;
      this.#root.append(path);
    }
    const points = stroke.voxels.map(([, y, x]) => `${x} ${y}`);
    // A single voxel is a dot: a line of no length with a round cap.
    path.setAttribute('d', `M${points[0]}L${points.join('L')}`);
    path.setAttribute(
      'stroke-width',
      String(Math.max(stroke.width, 2 / placement.scale)),
    );
    path.setAttribute('stroke', this.#colorOf(stroke.label));
    path.setAttribute('transform', `matrix(${placement.matrix.join(' ')})`);
  }

  #drawBrush(placement: SlicePlacement, { at, width, label }: Brush): void {
    const radius = Math.max(width / 2, 2 / placement.scale);
    for (const circle of this.#brush) {
      circle.setAttribute('cx', String(at[2]));
      circle.setAttribute('cy', String(at[1]));
      circle.setAttribute('r', String(radius));
      // Round in voxels: an ellipse on the screen where they are not square.
      circle.setAttribute('transform', `matrix(${placement.matrix.join(' ')})`);
      if (!circle.isConnected) {
        this.#root.append(circle);
      }
    }
    this.#brush[1]?.setAttribute('stroke', this.#colorOf(label));
  }
}
