import { paintGrey } from './paintGrey';
import { pixelContext } from './pixelContext';
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
  picture.width = columns;
  picture.height = rows;
  const context = pixelContext(picture);
  const image = context.createImageData(columns, rows);
  paintGrey(values, window, inverse, new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
}
