/**
 * The border of a label in a slice, as runs of voxel edges in picture
 * coordinates: (0, 0) is the corner of the first voxel, x grows with columns.
 *
 * @param labels C order (y, x)
 * @returns flat [x0, y0, x1, y1, …]
 */
export function outlinePath(
  labels: Uint8Array,
  width: number,
  label: number,
): readonly number[] {
  const height = labels.length / width;
  const inside = (y: number, x: number): boolean =>
    y >= 0 &&
    y < height &&
    x >= 0 &&
    x < width &&
    labels[y * width + x] === label;
  const edges: number[] = [];
  const run = (
    lines: number,
    steps: number,
    differs: (line: number, step: number) => boolean,
    push: (line: number, from: number, to: number) => void,
  ): void => {
    for (let line = 0; line <= lines; line += 1) {
      let from = -1;
      for (let step = 0; step <= steps; step += 1) {
        const on = step < steps && differs(line, step);
        if (on && from < 0) {
          from = step;
        } else if (!on && from >= 0) {
          push(line, from, step);
          from = -1;
        }
      }
    }
  };
  run(
    height,
    width,
    (y, x) => inside(y - 1, x) !== inside(y, x),
    (y, x0, x1) => edges.push(x0, y, x1, y),
  );
  run(
    width,
    height,
    (x, y) => inside(y, x - 1) !== inside(y, x),
    (x, y0, y1) => edges.push(x, y0, x, y1),
  );
  return edges;
}
