import type { LogState, LogTurn } from './LogState';

/** The turn that the next redo brings back: the one undone last. */
export function turnToRedo(log: LogState): LogTurn | null {
  return log.turns.find((turn) => turn.state === 'undone') ?? null;
}
