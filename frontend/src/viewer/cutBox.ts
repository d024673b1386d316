import type { Plane, SliceValues } from './cutPlane';
import type { PictureBox } from './occupiedBox';

/**
 * The values in a box of a slice, of every `step`-th voxel both ways: the one
 * in the middle of those that it stands for. Of colours red, green and blue.
 *
 * @param columns of the slice
 */
export function cutBox(
  { values, channels, slope, intercept }: SliceValues,
  columns: number,
  box: PictureBox,
  step: number,
): Plane<Float32Array> {
  const kept = channels > 1 ? 3 : 1;
  const [across, down] = [
    Math.ceil(box.width / step),
    Math.ceil(box.height / step),
  ];
  const cut = new Float32Array(across * down * kept);
  const middle = Math.floor(step / 2);
  let put = 0;
  for (let row = 0; row < down; row += 1) {
    const y = box.y + Math.min(row * step + middle, box.height - 1);
    for (let column = 0; column < across; column += 1) {
      const x = box.x + Math.min(column * step + middle, box.width - 1);
      const from = (y * columns + x) * channels;
      for (let channel = 0; channel < kept; channel += 1) {
        cut[put] = (values[from + channel] as number) * slope + intercept;
        put += 1;
      }
    }
  }
  return { values: cut, rows: down, columns: across };
}
