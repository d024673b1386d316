import type { LogState } from './LogState';

/** Whether nothing was predicted on a slice and nobody has asked for it. */
export function needsVisit(
  log: LogState,
  known: ReadonlySet<number>,
  slice: number,
): boolean {
  return (
    !known.has(slice) &&
    !log.turns.some(
      (turn) =>
        turn.state === 'active' &&
        turn.failure === null &&
        turn.prompts.some(
          (prompt) => prompt.kind === 'visit' && prompt.slice === slice,
        ),
    )
  );
}
