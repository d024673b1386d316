import { drawPixels } from './drawPixels';
import { paintGrey } from './paintGrey';
import type { Window } from './Viewer';

/** Make `picture` the grey values of a plane, one pixel each. */
export function drawGrey(
  picture: HTMLCanvasElement,
  columns: number,
  rows: number,
  values: Float32Array,
  window: Window,
  inverse: boolean,
): void {
  drawPixels(picture, columns, rows, (pixels) =>
    paintGrey(values, window, inverse, pixels),
  );
}
