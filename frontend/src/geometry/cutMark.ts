import type { Prompt } from '../wire/Prompt';
import type { Voxel } from './frames';
import type { PlaneFrame } from './PlaneFrame';

type Place = readonly [row: number, column: number];

/** What is drawn of a mark in a plane: a dot, a line, or one that is closed. */
export interface MarkCut {
  readonly label: number;
  /** one place is a dot */
  readonly places: readonly Place[];
  readonly closed: boolean;
}

/**
 * Where a mark meets the plane across an axis.
 *
 * Strokes and lassos lie on a slice, which the plane cuts in a line: of a stroke
 * the parts within its width are left, of a lasso what it encloses. Paint is in
 * the mask.
 *
 * @param frame of a plane across the slices
 * @param at the fixed index of the plane
 */
export function cutMark(
  prompt: Prompt,
  frame: PlaneFrame,
  at: number,
): readonly MarkCut[] {
  switch (prompt.kind) {
    case 'click':
      return dots([prompt.voxel], prompt.label, frame, at);
    case 'extreme_points':
      return dots(prompt.voxels, prompt.label, frame, at);
    case 'box':
      return frameOf(prompt.start, prompt.stop, prompt.label, frame, at);
    case 'scribble': {
      const half = Math.max(prompt.width, 1) / 2;
      return joined(partsWithin(prompt.voxels, half, frame, at)).map((part) =>
        line(prompt.voxels, part, prompt.label, frame),
      );
    }
    case 'lasso':
      return partsInside(prompt.voxels, frame, at).map((part) =>
        line(prompt.voxels, part, prompt.label, frame),
      );
    default:
      return [];
  }
}

type Part = readonly [from: number, to: number];

/** The axis of a slice along which the plane cuts it. */
function along({ axis }: PlaneFrame): 1 | 2 {
  return axis === 1 ? 2 : 1;
}

function dots(
  voxels: readonly Voxel[],
  label: number,
  { axis, rows, columns }: PlaneFrame,
  at: number,
): readonly MarkCut[] {
  return voxels
    .filter((voxel) => voxel[axis] === at)
    .map((voxel) => ({
      label,
      places: [[voxel[rows], voxel[columns]]],
      closed: false,
    }));
}

function frameOf(
  start: Voxel,
  stop: Voxel,
  label: number,
  { axis, rows, columns }: PlaneFrame,
  at: number,
): readonly MarkCut[] {
  if (at < start[axis] || at >= stop[axis]) {
    return [];
  }
  const [top, left] = [start[rows] - 0.5, start[columns] - 0.5];
  const [bottom, right] = [stop[rows] - 0.5, stop[columns] - 0.5];
  const places: readonly Place[] = [
    [top, left],
    [top, right],
    [bottom, right],
    [bottom, left],
  ];
  return [{ label, places, closed: true }];
}

function line(
  [first]: readonly Voxel[],
  [from, to]: Part,
  label: number,
  { rows }: PlaneFrame,
): MarkCut {
  const z = first?.[0] ?? 0;
  const place = (where: number): Place =>
    rows === 0 ? [z, where] : [where, z];
  return {
    label,
    places: from === to ? [place(from)] : [place(from), place(to)],
    closed: false,
  };
}

/** Parts of a polyline no further than `half` from the plane. */
function partsWithin(
  voxels: readonly Voxel[],
  half: number,
  frame: PlaneFrame,
  at: number,
): readonly Part[] {
  const side = along(frame);
  return voxels.flatMap((from, i): readonly Part[] => {
    const to = voxels[i + 1] ?? (i === 0 ? from : null);
    if (!to) {
      return [];
    }
    const [a, b] = [from[frame.axis] - at, to[frame.axis] - at];
    const shares =
      a === b
        ? [0, 1]
        : [(-half - a) / (b - a), (half - a) / (b - a)].sort((p, q) => p - q);
    const [first, last] = [
      Math.max(shares[0] as number, 0),
      Math.min(shares[1] as number, 1),
    ];
    if (first > last || (a === b && Math.abs(a) > half)) {
      return [];
    }
    const where = (share: number): number =>
      from[side] + share * (to[side] - from[side]);
    const [p, q] = [where(first), where(last)];
    return [[Math.min(p, q), Math.max(p, q)]];
  });
}

/** Overlapping parts as one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const whole: [number, number][] = [];
  for (const [from, to] of [...parts].sort((a, b) => a[0] - b[0])) {
    const last = whole.at(-1);
    if (last && from <= last[1]) {
      last[1] = Math.max(last[1], to);
    } else {
      whole.push([from, to]);
    }
  }
  return whole;
}

/** Parts of the plane's line that a closed polyline encloses. */
function partsInside(
  voxels: readonly Voxel[],
  frame: PlaneFrame,
  at: number,
): readonly Part[] {
  const side = along(frame);
  const crossings = voxels
    .flatMap((from, i) => {
      const to = voxels[(i + 1) % voxels.length] as Voxel;
      const [a, b] = [from[frame.axis] - at, to[frame.axis] - at];
      // Half open, so that a corner on the plane counts once.
      return a < 0 === b < 0
        ? []
        : [from[side] + (a / (a - b)) * (to[side] - from[side])];
    })
    .sort((a, b) => a - b);
  return crossings.flatMap((from, i): readonly Part[] =>
    i % 2 === 0 ? [[from, crossings[i + 1] ?? from]] : [],
  );
}
