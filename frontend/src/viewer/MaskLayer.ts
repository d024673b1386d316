import type { SlicePlacement } from '../geometry/SlicePlacement';
import type { MaskStyle } from './LabelStyle';
import { occupiedBox, type PictureBox } from './occupiedBox';
import { outlinePath } from './outlinePath';
import { type PaneBox, PatchCanvas } from './PatchCanvas';
import { pixelContext } from './pixelContext';

const LINE_CSS_PIXELS = 1.5;
/** By label, so that outlines differ to those who do not see the colours. */
const DASHES: readonly (readonly number[])[] = [
  [1.5, 3],
  [],
  [6, 3],
  [2, 2],
  [9, 3, 2, 3],
];

interface Outline {
  readonly color: string;
  readonly edges: readonly number[];
  readonly dash: readonly number[];
}

/**
 * The mask of one slice above the picture: nearest neighbour, one colour per
 * label. The slice is painted once into a small picture of its own; zooming
 * and panning only place that picture anew.
 */
export class MaskLayer {
  readonly #canvas: PatchCanvas;
  readonly #picture = document.createElement('canvas');
  #labels: Uint8Array | null = null;
  #width = 0;
  #style: MaskStyle = { labels: [], opacity: 0.4, outline: false };
  #box: PictureBox | null = null;
  #outlines: readonly Outline[] = [];
  #stale = true;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = new PatchCanvas(canvas);
  }

  /** @param labels C order (y, x), `width` columns; null for no mask */
  setLabels(labels: Uint8Array | null, width: number): void {
    this.#labels = labels;
    this.#width = width;
    this.#stale = true;
  }

  setStyle(style: MaskStyle): void {
    this.#style = style;
    this.#stale = true;
  }

  draw(placement: SlicePlacement | null): void {
    if (this.#stale) {
      this.#paint();
      this.#stale = false;
    }
    if (!placement || !this.#box) {
      this.#canvas.hide();
      return;
    }
    const ratio = this.#canvas.lay(paneBox(placement, this.#box));
    if (ratio === null) {
      return;
    }
    const { context } = this.#canvas;
    context.imageSmoothingEnabled = false;
    context.globalAlpha = this.#style.opacity;
    this.#canvas.transform(placement.pictureMatrix(ratio));
    context.drawImage(this.#picture, this.#box.x, this.#box.y);
    context.globalAlpha = 1;
    for (const { color, edges, dash } of this.#outlines) {
      this.#canvas.transform(placement.pictureMatrix(ratio));
      context.beginPath();
      for (let i = 0; i < edges.length; i += 4) {
        context.moveTo(edges[i] as number, edges[i + 1] as number);
        context.lineTo(edges[i + 2] as number, edges[i + 3] as number);
      }
      this.#canvas.transform([1, 0, 0, 1, 0, 0]);
      context.lineWidth = LINE_CSS_PIXELS * ratio;
      context.strokeStyle = color;
      context.setLineDash(dash.map((length) => length * ratio));
      context.stroke();
      context.setLineDash([]);
    }
  }

  #paint(): void {
    const labels = this.#labels;
    const shown = this.#style.labels.filter((label) => label.visible);
    this.#box = labels ? occupiedBox(labels, this.#width) : null;
    this.#outlines = [];
    if (!labels || !this.#box) {
      return;
    }
    const box = this.#box;
    if (this.#style.outline) {
      this.#outlines = shown.map(({ value, color }) => ({
        color: `rgb(${color.join(' ')})`,
        edges: outlinePath(labels, this.#width, value, box),
        dash: this.#style.dashes ? (DASHES[value % DASHES.length] ?? []) : [],
      }));
    }
    const colors = new Uint32Array(256);
    for (const { value, color } of shown) {
      // Little endian: alpha, blue, green, red.
      colors[value] =
        ((255 << 24) | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0;
    }
    const { x, y, width, height } = box;
    this.#picture.width = width;
    this.#picture.height = height;
    const context = pixelContext(this.#picture);
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0; row < height; row += 1) {
      const from = (y + row) * this.#width + x;
      for (let column = 0; column < width; column += 1) {
        pixels[row * width + column] = colors[
          labels[from + column] as number
        ] as number;
      }
    }
    context.putImageData(image, 0, 0);
  }
}

/** Where a box of voxels lies in the pane, with the lines around it. */
function paneBox(placement: SlicePlacement, box: PictureBox): PaneBox {
  const corners = [box.y - 0.5, box.y + box.height - 0.5].flatMap((row) =>
    [box.x - 0.5, box.x + box.width - 0.5].map((column) =>
      placement.canvasOf(row, column),
    ),
  );
  const [x, y] = [corners.map((p) => p[0]), corners.map((p) => p[1])];
  return {
    left: Math.min(...x) - LINE_CSS_PIXELS,
    top: Math.min(...y) - LINE_CSS_PIXELS,
    right: Math.max(...x) + LINE_CSS_PIXELS,
    bottom: Math.max(...y) + LINE_CSS_PIXELS,
  };
}
