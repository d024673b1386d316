import type { PictureBox } from './occupiedBox';

/**
 * The border of a label in a slice, as runs of voxel edges in picture
 * coordinates: (0, 0) is the corner of the first voxel, x grows with columns.
 *
 * @param labels C order (y, x)
 * @param box holds every voxel of the label; nothing else is looked at
 * @returns flat [x0, y0, x1, y1, …]
 */
export function outlinePath(
  labels: Uint8Array,
  width: number,
  label: number,
  box: PictureBox = { x: 0, y: 0, width, height: labels.length / width },
): readonly number[] {
  const edges: number[] = [];
  // One line of voxels after the other, and how it differs from the last.
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  for (let y = box.y; y <= bottom; y += 1) {
    let from = -1;
    for (let x = box.x; x < right; x += 1) {
      const at = y * width + x;
      const above = y > box.y && labels[at - width] === label;
      const here = y < bottom && labels[at] === label;
      if (above === here) {
        if (from >= 0) {
          edges.push(from, y, x, y);
          from = -1;
        }
      } else if (from < 0) {
        from = x;
      }
    }
    if (from >= 0) {
      edges.push(from, y, right, y);
    }
  }
  for (let x = box.x; x <= right; x += 1) {
    let from = -1;
    for (let y = box.y; y < bottom; y += 1) {
      const at = y * width + x;
      const before = x > box.x && labels[at - 1] === label;
      const here = x < right && labels[at] === label;
      if (before === here) {
        if (from >= 0) {
          edges.push(x, from, x, y);
          from = -1;
        }
      } else if (from < 0) {
        from = y;
      }
    }
    if (from >= 0) {
      edges.push(x, from, x, bottom);
    }
  }
  return edges;
}
