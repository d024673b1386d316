import type { LogState, LogTurn } from './LogState';

/** Turns whose last prediction has not come. */
export function pendingTurns(log: LogState): readonly LogTurn[] {
  return log.turns.filter(
    (turn) => turn.state === 'active' && !turn.final && turn.failure === null,
  );
}
