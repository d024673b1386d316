import { countVoxels } from './countVoxels';
import type { Paint, Prompt } from './Prompt';
import { type PaintedRegion, packPaint, paintedRegion } from './paintedRegion';

/** Prompts of one turn that the server takes. */
export const PROMPTS_MAX = 1000;
/** Bytes of one message that the server takes. */
export const MESSAGE_BYTES_MAX = 1 << 20;
/** What a turn's message holds beside its prompts is far less than this. */
const HEADING_BYTES = 1024;

/**
 * The same prompts, in order, in as many turns as the server's limits need; a
 * paint too large for any turn is cut. One that was never unpacked here cannot
 * be cut and stays whole.
 */
export function splitPrompts(
  prompts: readonly Prompt[],
  bytesMax = MESSAGE_BYTES_MAX - HEADING_BYTES,
): readonly (readonly Prompt[])[] {
  const parts = prompts.flatMap((prompt): readonly Prompt[] =>
    prompt.kind === 'paint' ? cutPaint(prompt, bytesMax) : [prompt],
  );
  return groupWithin(
    parts.map((prompt) => [prompt]),
    bytesMax,
  ).map((group) => group.flat());
}

/** Marks in order, as many in each group as one turn may hold. */
export function groupWithin(
  marks: readonly (readonly Prompt[])[],
  bytesMax = MESSAGE_BYTES_MAX - HEADING_BYTES,
): readonly (readonly (readonly Prompt[])[])[] {
  const groups: (readonly Prompt[])[][] = [];
  let [count, bytes] = [PROMPTS_MAX, 0];
  for (const mark of marks) {
    const size = bytesOf(mark);
    if (count + mark.length > PROMPTS_MAX || bytes + size > bytesMax) {
      groups.push([]);
      [count, bytes] = [0, 0];
    }
    groups.at(-1)?.push(mark);
    count += mark.length;
    bytes += size;
  }
  return groups;
}

/** Nothing in a prompt is outside ASCII: characters are bytes. */
function bytesOf(value: unknown): number {
  return JSON.stringify(value).length + 1;
}

function cutPaint(paint: Paint, bytesMax: number): readonly Paint[] {
  const region = paintedRegion(paint);
  const whole = countVoxels(paint.region) <= 1;
  if (bytesOf(paint) <= bytesMax || region === null || whole) {
    return [paint];
  }
  return halvesOf(region)
    .filter(({ where }) => where.includes(1))
    .flatMap((half) => cutPaint(packPaint(half, paint.origin), bytesMax));
}

/** Cut across the first axis that has more than one voxel. */
function halvesOf(region: PaintedRegion): readonly PaintedRegion[] {
  const { start, stop, labels, where } = region;
  const sizes = start.map((from, axis) => (stop[axis] as number) - from);
  const axis = sizes.findIndex((size) => size > 1);
  const size = sizes[axis] as number;
  const middle = Math.floor(size / 2);
  // All axes before this one have one voxel: each half is one stretch.
  const at = (labels.length / size) * middle;
  const cut = (corner: PaintedRegion['start']): PaintedRegion['start'] => {
    const moved = [...corner];
    moved[axis] = (start[axis] as number) + middle;
    return moved as unknown as PaintedRegion['start'];
  };
  return [
    {
      start,
      stop: cut(stop),
      labels: labels.subarray(0, at),
      where: where.subarray(0, at),
    },
    {
      start: cut(start),
      stop,
      labels: labels.subarray(at),
      where: where.subarray(at),
    },
  ];
}
