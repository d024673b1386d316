import type { Prompt } from '../wire/Prompt';
import type { LogState } from './LogState';

/** Prompts of the active log that no mask contains yet, in order. */
export function unansweredPrompts(log: LogState): readonly Prompt[] {
  return log.turns
    .filter(
      (turn) =>
        turn.state === 'active' &&
        turn.stage === null &&
        !turn.final &&
        turn.failure === null,
    )
    .flatMap((turn) => turn.prompts);
}
