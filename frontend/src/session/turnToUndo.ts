import { isVisitOnly } from './isVisitOnly';
import type { LogState, LogTurn } from './LogState';

/** The turn that the next undo takes back: visits are passed over. */
export function turnToUndo(log: LogState): LogTurn | null {
  return (
    log.turns.findLast(
      (turn) => turn.state === 'active' && !isVisitOnly(turn.prompts),
    ) ?? null
  );
}
