import type { Prompt } from '../wire/Prompt';
import type { WireError } from '../wire/WireError';

/** A turn as the page sees it. */
export interface LogTurn {
  readonly id: string;
  /** null until the server has written it */
  readonly seq: number | null;
  readonly state: 'active' | 'undone' | 'discarded';
  /** orders undone turns: the one undone last has the greatest */
  readonly undoneAt: number | null;
  readonly prompts: readonly Prompt[];
  /** stage of the newest prediction here; null before the first */
  readonly stage: string | null;
  /** whether the last prediction has come */
  readonly final: boolean;
  /** how far the engine is, 0 to 1, where it says so */
  readonly fraction: number | null;
  readonly failure: WireError | null;
}

/** All turns: written ones by `seq`, then those on their way, as drawn. */
export interface LogState {
  readonly turns: readonly LogTurn[];
}
