import type { SliceState } from './sliceStates';

/** The next slice after `from` that is not accepted; null where there is none. */
export function nextOpenSlice(
  states: readonly SliceState[],
  from: number,
): number | null {
  const next = states.findIndex(
    (state, slice) => slice > from && state !== 'accepted',
  );
  return next < 0 ? null : next;
}
