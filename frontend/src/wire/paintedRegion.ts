import type { LabelRegion } from './LabelRegion';
import type { PackedRegion } from './PackedRegion';
import type { Paint } from './Prompt';
import { packLabels } from './packLabels';
import { unpackLabels } from './unpackLabels';

/** A paint, unpacked: `labels` hold where `where` is not 0. */
export interface PaintedRegion extends LabelRegion {
  readonly where: Uint8Array;
}

/** What was packed or unpacked here, for as long as the prompt is in use. */
const known = new WeakMap<Paint, PaintedRegion>();

/** Pack a paint; it is known unpacked as well. */
export function packPaint(
  region: PaintedRegion,
  origin?: Paint['origin'],
): Paint {
  const { start, stop, labels, where } = region;
  const said = labels.map((label, i) => (where[i] ? label : 0));
  const paint: Paint = {
    kind: 'paint',
    region: packLabels(start, stop, said),
    where: packLabels(start, stop, where),
    ...(origin && { origin }),
  };
  known.set(paint, region);
  return paint;
}

/** A paint's region; null until it was unpacked. */
export function paintedRegion(paint: Paint): PaintedRegion | null {
  return known.get(paint) ?? null;
}

/** Make a paint known that came from storage or from the server. */
export async function unpackPaint(paint: Paint): Promise<void> {
  if (!known.has(paint)) {
    const [labels, where] = await Promise.all([
      unpackLabels(paint.region),
      unpackLabels(paint.where),
    ]);
    const { start, stop }: PackedRegion = paint.region;
    known.set(paint, { start, stop, labels, where });
  }
}
