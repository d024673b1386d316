import type { Prompt } from '../wire/Prompt';
import type { WireTurn } from '../wire/ServerMessage';
import type { WireError } from '../wire/WireError';
import { isVisitOnly } from './isVisitOnly';
import type { LogState, LogTurn } from './LogState';
import { turnToRedo } from './turnToRedo';
import { turnToUndo } from './turnToUndo';

export type LogAction =
  | { type: 'drawn'; id: string; prompts: readonly Prompt[] }
  | { type: 'taken'; id: string; seq: number }
  | { type: 'predicted'; id: string; stage: string; final: boolean }
  | { type: 'answered'; upto: number }
  | { type: 'progressed'; id: string; fraction: number; stage: string }
  | { type: 'failed'; id: string; error: WireError }
  | { type: 'undone' }
  | { type: 'returned'; id: string }
  | { type: 'redone' }
  | { type: 'removed'; id: string }
  | { type: 'cancelled'; id: string }
  | { type: 'stopping'; id: string }
  | {
      type: 'synchronised';
      turns: readonly WireTurn[];
      pending: ReadonlySet<string> | null;
    };

/** The log after `action`; the same rules as the server's, ahead of it. */
export function reduceLog(log: LogState, action: LogAction): LogState {
  switch (action.type) {
    case 'drawn':
      return drawn(log, action.id, action.prompts);
    case 'taken':
      return inOrder(update(log, action.id, { seq: action.seq }).turns);
    case 'predicted':
      return predicted(log, action.id, action.stage, action.final);
    case 'answered':
      return {
        turns: log.turns.map((turn) =>
          turn.state === 'active' && (turn.seq ?? Infinity) <= action.upto
            ? { ...turn, final: true, fraction: null }
            : turn,
        ),
      };
    case 'progressed':
      return update(log, action.id, { fraction: action.fraction });
    case 'failed':
      return update(log, action.id, { failure: action.error, fraction: null });
    case 'undone': {
      const turn = turnToUndo(log);
      return turn ? undone(log, turn) : log;
    }
    case 'returned':
      return returned(log, action.id);
    case 'redone': {
      const turn = turnToRedo(log);
      return turn
        ? update(log, turn.id, {
            state: 'active',
            undoneAt: null,
            final: false,
            stage: null,
          })
        : log;
    }
    case 'removed': {
      const turn = log.turns.find(({ id }) => id === action.id);
      return turn?.state === 'active' ? undone(log, turn) : log;
    }
    case 'cancelled':
      return update(log, action.id, { state: 'discarded', fraction: null });
    case 'stopping':
      // How far it has come, and so what takes its place, the server knows.
      return log;
    case 'synchronised':
      return synchronised(log, action.turns, action.pending);
  }
}

/** The word that it was the last answer may overtake the answer before it. */
function predicted(
  log: LogState,
  id: string,
  stage: string,
  final: boolean,
): LogState {
  return log.turns.some((turn) => turn.id === id && turn.final)
    ? log
    : update(log, id, { stage, final, ...(final ? { fraction: null } : {}) });
}

/** What was undone after all others comes back before them. */
function undone(log: LogState, turn: LogTurn): LogState {
  const latest = Math.max(0, ...log.turns.map((t) => t.undoneAt ?? 0));
  return update(log, turn.id, { state: 'undone', undoneAt: latest + 1 });
}

/** The newest is undone first, so that redo brings them back in order. */
function returned(log: LogState, id: string): LogState {
  const at = log.turns.findIndex((turn) => turn.id === id);
  const later = log.turns.filter(
    (turn, place) =>
      place > at && turn.state === 'active' && !isVisitOnly(turn.prompts),
  );
  return at < 0 ? log : later.reduceRight(undone, log);
}

/** A new marking turn ends the way back to what was undone before it. */
function drawn(
  log: LogState,
  id: string,
  prompts: readonly Prompt[],
): LogState {
  if (log.turns.some((turn) => turn.id === id)) {
    return log;
  }
  const before = isVisitOnly(prompts)
    ? log.turns
    : log.turns.map((turn) =>
        turn.state === 'undone'
          ? { ...turn, state: 'discarded' as const }
          : turn,
      );
  const turn: LogTurn = {
    id,
    seq: null,
    state: 'active',
    undoneAt: null,
    prompts,
    stage: null,
    final: false,
    fraction: null,
    failure: null,
  };
  return { turns: [...before, turn] };
}

/** The server's log; what it has not heard of yet must be foreseen again. */
function synchronised(
  log: LogState,
  turns: readonly WireTurn[],
  pending: ReadonlySet<string> | null,
): LogState {
  const known = new Map(log.turns.map((turn) => [turn.id, turn]));
  // The log of an undo may come after the word that a later turn was taken.
  const last = Math.max(0, ...turns.map(({ seq }) => seq));
  const newer = log.turns.filter(({ seq }) => seq !== null && seq > last);
  return inOrder([
    ...turns.map((turn): LogTurn => {
      const here = known.get(turn.id);
      const again = here?.state !== turn.state && turn.state === 'active';
      return {
        id: turn.id,
        seq: turn.seq,
        state: turn.state,
        undoneAt: turn.undone_at,
        prompts: turn.prompts,
        stage: here && !again ? here.stage : null,
        // A log that was told before the last answer may come after it.
        final: pending
          ? !pending.has(turn.id)
          : turn.final || (!again && here?.final === true),
        fraction: here?.fraction ?? null,
        failure: turn.error,
      };
    }),
    ...newer,
  ]);
}

function update(log: LogState, id: string, change: Partial<LogTurn>): LogState {
  return {
    turns: log.turns.map((turn) =>
      turn.id === id ? { ...turn, ...change } : turn,
    ),
  };
}

function inOrder(turns: readonly LogTurn[]): LogState {
  const rank = (turn: LogTurn): number => turn.seq ?? Number.POSITIVE_INFINITY;
  return {
    turns: turns
      .map((turn, place) => ({ turn, place }))
      .sort((a, b) => {
        const [one, other] = [rank(a.turn), rank(b.turn)];
        return one === other ? a.place - b.place : one < other ? -1 : 1;
      })
      .map(({ turn }) => turn),
  };
}
