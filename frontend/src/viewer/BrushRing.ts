import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Brush } from './PaneLayers';

const SVG = 'http://www.w3.org/2000/svg';
const HALO = 'rgb(0 0 0 / 0.75)';
/** For the lines of the ring, CSS pixels. */
const MARGIN = 2;

/**
 * The ring under the pointer, as wide as the brush. A picture of its own size
 * that is only moved: nothing is painted anew while it follows the hand.
 */
export class BrushRing {
  readonly #root = document.createElementNS(SVG, 'svg');
  readonly #rings = [HALO, ''].map((color, i) => {
    const circle = document.createElementNS(SVG, 'circle');
    circle.setAttribute('fill', 'none');
    circle.setAttribute('stroke', color);
    circle.setAttribute('stroke-width', i === 0 ? '3' : '1');
    circle.setAttribute('vector-effect', 'non-scaling-stroke');
    this.#root.append(circle);
    return circle;
  });
  readonly #colorOf: (label: number) => string;
  #painted = '';

  constructor(ground: HTMLElement, colorOf: (label: number) => string) {
    this.#colorOf = colorOf;
    this.#root.style.cssText =
      'position: absolute; top: 0; left: 0; will-change: transform; ' +
      'visibility: hidden';
    ground.append(this.#root);
  }

  draw(placement: SlicePlacement | null, brush: Brush | null): void {
    const shown = placement !== null && brush !== null;
    this.#root.style.visibility = shown ? 'visible' : 'hidden';
    if (!shown) {
      return;
    }
    const { at, width, label } = brush;
    const [a, b, c, d] = placement.matrix;
    const radius = Math.max(width / 2, 2 / placement.scale);
    const halfWidth = Math.ceil(radius * Math.hypot(a, c)) + MARGIN;
    const halfHeight = Math.ceil(radius * Math.hypot(b, d)) + MARGIN;
    const color = this.#colorOf(label);
    const look = [radius, a, b, c, d, color].join(' ');
    if (look !== this.#painted) {
      this.#painted = look;
      this.#root.setAttribute('width', String(2 * halfWidth));
      this.#root.setAttribute('height', String(2 * halfHeight));
      for (const ring of this.#rings) {
        ring.setAttribute('r', String(radius));
        // Round in voxels: an ellipse on the screen where they are not square.
        ring.setAttribute(
          'transform',
          `matrix(${[a, b, c, d, halfWidth, halfHeight].join(' ')})`,
        );
      }
      this.#rings[1]?.setAttribute('stroke', color);
    }
    // Whole pixels of the screen: between them its lines would blur.
    const ratio = window.devicePixelRatio || 1;
    const [x, y] = placement
      .canvasOf(at[1], at[2])
      .map((v) => Math.round(v * ratio) / ratio) as [number, number];
    this.#root.style.transform = `translate(${x - halfWidth}px, ${y - halfHeight}px)`;
  }
}
