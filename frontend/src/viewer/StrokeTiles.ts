import type { CanvasPoint } from '../geometry/frames';
import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { Scribble } from '../wire/Prompt';
import { pixelContext } from './pixelContext';

/** Device pixels along a side: a movement of the hand touches one tile or two. */
const SIDE = 128;
/** CSS pixels that are whole on screens of 110, 125, 150 and 175 %: no seams. */
const WHOLE = 20;
/** Drawn opaque and faded as a whole: pieces may overlap. */
const OPACITY = 0.6;
const THINNEST_CSS_PIXELS = 2;

interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

/**
 * The stroke under the hand on small canvases beside each other. A movement
 * draws only the piece that is new, and the browser composes only the tiles
 * that it lies on: what it costs depends neither on the pane nor on how long
 * the stroke already is.
 */
export class StrokeTiles {
  readonly #ground: HTMLElement;
  readonly #colorOf: (label: number) => string;
  readonly #tiles = new Map<string, Tile>();
  #drawn: readonly Scribble[] = [];
  #placement: SlicePlacement | null = null;
  #ratio = 1;
  /** of a tile, CSS and device pixels */
  #side: readonly [css: number, device: number] = [0, 0];
  /** tiles that fit in the pane, across and down */
  #most: readonly [number, number] = [0, 0];

  /** @param ground what the tiles are laid on, as large as the pane */
  constructor(ground: HTMLElement, colorOf: (label: number) => string) {
    this.#ground = ground;
    this.#colorOf = colorOf;
  }

  draw(placement: SlicePlacement, strokes: readonly Scribble[]): void {
    const ratio = window.devicePixelRatio || 1;
    const goesOn =
      ratio === this.#ratio &&
      placement.matrix.every((v, i) => v === this.#placement?.matrix[i]) &&
      this.#drawn.every((stroke, i) => continues(stroke, strokes[i]));
    if (!goesOn) {
      this.clear();
      this.#ratio = ratio;
      this.#placement = placement;
      const side = Math.ceil(SIDE / ratio / WHOLE) * WHOLE;
      this.#side = [side, Math.round(side * ratio)];
      const { clientWidth, clientHeight } = this.#ground;
      this.#most = [
        Math.ceil(clientWidth / side),
        Math.ceil(clientHeight / side),
      ];
    }
    strokes.forEach((stroke, i) => {
      // The last piece may have grown: voxels on a straight way are left out.
      const from = Math.max((this.#drawn[i]?.voxels.length ?? 0) - 2, 0);
      if (stroke.voxels !== this.#drawn[i]?.voxels) {
        this.#drawPiece(stroke, from, placement);
      }
    });
    this.#drawn = strokes;
  }

  clear(): void {
    for (const { canvas } of this.#tiles.values()) {
      canvas.remove();
    }
    this.#tiles.clear();
    this.#drawn = [];
  }

  #drawPiece(stroke: Scribble, from: number, placement: SlicePlacement): void {
    const ratio = this.#ratio;
    const points = stroke.voxels
      .slice(from)
      .map(([, y, x]) => placement.canvasOf(y, x));
    const width = Math.max(stroke.width, THINNEST_CSS_PIXELS / placement.scale);
    const [a, b, c, d, e, f] = placement.matrix.map((v) => v * ratio) as [
      ...SlicePlacement['matrix'],
    ];
    const [, side] = this.#side;
    const reach =
      ((width / 2) * Math.max(Math.hypot(a, c), Math.hypot(b, d))) / ratio + 1;
    const [left, right] = this.#range(points, 0, reach);
    const [top, bottom] = this.#range(points, 1, reach);
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const { context } = this.#tile(row, column);
        context.setTransform(a, b, c, d, e - column * side, f - row * side);
        context.lineCap = 'round';
        context.lineJoin = 'round';
        context.lineWidth = width;
        context.strokeStyle = this.#colorOf(stroke.label);
        context.beginPath();
        for (const [i, [, y, x]] of stroke.voxels.slice(from).entries()) {
          if (i === 0) {
            // A single voxel is a dot: a line of next to no length, round.
            context.moveTo(x - 1e-3, y);
          }
          context.lineTo(x, y);
        }
        context.stroke();
      }
    }
  }

  /** First and last tile that points reach along an axis, within the pane. */
  #range(
    points: readonly CanvasPoint[],
    axis: 0 | 1,
    reach: number,
  ): readonly [number, number] {
    const places = points.map((point) => point[axis]);
    const [side] = this.#side;
    return [
      Math.max(Math.floor((Math.min(...places) - reach) / side), 0),
      Math.min(
        Math.floor((Math.max(...places) + reach) / side),
        this.#most[axis] - 1,
      ),
    ];
  }

  #tile(row: number, column: number): Tile {
    const key = `${row} ${column}`;
    let tile = this.#tiles.get(key);
    if (!tile) {
      const canvas = document.createElement('canvas');
      const [side, pixels] = this.#side;
      canvas.width = pixels;
      canvas.height = pixels;
      canvas.style.cssText =
        'position: absolute; top: 0; left: 0; will-change: transform; ' +
        `width: ${side}px; height: ${side}px; opacity: ${OPACITY}; ` +
        `transform: translate(${column * side}px, ${row * side}px)`;
      this.#ground.append(canvas);
      tile = { canvas, context: pixelContext(canvas) };
      this.#tiles.set(key, tile);
    }
    return tile;
  }
}

/** Whether `now` is `before` with voxels added; tools add to what they made. */
function continues(before: Scribble, now: Scribble | undefined): boolean {
  const fixed = Math.max(before.voxels.length - 2, 0);
  return (
    now !== undefined &&
    now.label === before.label &&
    now.width === before.width &&
    now.voxels.length >= before.voxels.length &&
    now.voxels[0] === before.voxels[0] &&
    now.voxels[fixed] === before.voxels[fixed]
  );
}
