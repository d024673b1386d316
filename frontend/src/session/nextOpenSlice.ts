import type { SliceState } from './sliceStates';

/**
 * The next slice that is not accepted: after `from`, else the nearest before
 * it, so that work that began in the middle goes on beside what is done; null
 * where all others are accepted.
 */
export function nextOpenSlice(
  states: readonly SliceState[],
  from: number,
): number | null {
  const open = (state: SliceState): boolean => state !== 'accepted';
  const next = states.findIndex((state, slice) => slice > from && open(state));
  const found = next < 0 ? states.slice(0, from).findLastIndex(open) : next;
  return found < 0 ? null : found;
}
