import type { Prompt } from '../wire/Prompt';
import type { LogState } from './LogState';

/** Prompts of the active log, in order; those that failed left out. */
export function activePrompts(log: LogState): readonly Prompt[] {
  return log.turns
    .filter((turn) => turn.state === 'active' && turn.failure === null)
    .flatMap((turn) => turn.prompts);
}
