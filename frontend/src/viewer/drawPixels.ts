import { pixelContext } from './pixelContext';

/** Make `picture` what `paint` makes of its pixels (rows × columns, RGBA). */
export function drawPixels(
  picture: HTMLCanvasElement,
  columns: number,
  rows: number,
  paint: (pixels: Uint32Array) => void,
): void {
  picture.width = columns;
  picture.height = rows;
  const context = pixelContext(picture);
  const image = context.createImageData(columns, rows);
  paint(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
}
