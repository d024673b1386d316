import type { LogState, LogTurn } from './LogState';

/** The turn that the next redo brings back: the one undone last. */
export function turnToRedo(log: LogState): LogTurn | null {
  return log.turns
    .filter((turn) => turn.state === 'undone')
    .reduce<LogTurn | null>(
      (last, turn) =>
        last && (last.undoneAt ?? 0) > (turn.undoneAt ?? 0) ? last : turn,
      null,
    );
}
