import { slicesOfPrompt } from '../wire/slicesOfPrompt';
import type { LogState } from './LogState';

export type SliceState = 'untouched' | 'predicted' | 'scribbled' | 'accepted';

/** What was done on every slice; a mark after an accept opens it again. */
export function sliceStates(
  log: LogState,
  known: ReadonlySet<number>,
  count: number,
): readonly SliceState[] {
  const states = Array.from(
    { length: count },
    (_, z): SliceState => (known.has(z) ? 'predicted' : 'untouched'),
  );
  for (const turn of log.turns) {
    if (turn.state !== 'active') {
      continue;
    }
    for (const prompt of turn.prompts) {
      if (prompt.kind === 'accept') {
        states[prompt.slice] = 'accepted';
      } else if (prompt.kind !== 'visit' && prompt.kind !== 'propagate') {
        const made = prompt.kind === 'paint' && prompt.origin !== undefined;
        for (const slice of slicesOfPrompt(prompt)) {
          states[slice] = made ? 'predicted' : 'scribbled';
        }
      }
    }
  }
  return states;
}
