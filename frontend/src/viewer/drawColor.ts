import { paintColorFrame } from './paintFrame';
import { pixelContext } from './pixelContext';

/** Make `picture` the colours of a plane (red, green, blue), one pixel each. */
export function drawColor(
  picture: HTMLCanvasElement,
  columns: number,
  rows: number,
  values: ArrayLike<number>,
  inverse: boolean,
): void {
  picture.width = columns;
  picture.height = rows;
  const context = pixelContext(picture);
  const image = context.createImageData(columns, rows);
  paintColorFrame(values, 0, inverse, new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
}
