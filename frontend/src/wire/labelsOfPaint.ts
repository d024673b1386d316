import type { Paint } from './Prompt';
import { paintedRegion } from './paintedRegion';
import { unpackLabels } from './unpackLabels';

/** The labels that a paint gives, in order; 0 where it takes labels away. */
export async function labelsOfPaint(paint: Paint): Promise<readonly number[]> {
  const known = paintedRegion(paint);
  const [labels, where] = known
    ? [known.labels, known.where]
    : await Promise.all([
        unpackLabels(paint.region),
        unpackLabels(paint.where),
      ]);
  const given = new Set(labels.filter((_, i) => where[i]));
  return [...given].sort((a, b) => a - b);
}
