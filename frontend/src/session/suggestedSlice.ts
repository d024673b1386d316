import type { SliceState } from './sliceStates';

/**
 * The slice most worth the reader's next look: the one whose mask the engine
 * takes to be worst, of those not accepted; null where it says so of none.
 */
export function suggestedSlice(
  states: readonly SliceState[],
  quality: ReadonlyMap<number, number>,
): number | null {
  let worst: number | null = null;
  for (const [slice, value] of quality) {
    if (
      states[slice] !== undefined &&
      states[slice] !== 'accepted' &&
      (worst === null || value < (quality.get(worst) as number))
    ) {
      worst = slice;
    }
  }
  return worst;
}
