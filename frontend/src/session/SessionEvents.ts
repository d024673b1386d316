import type { PackedRegion } from '../wire/PackedRegion';
import type { Prompt } from '../wire/Prompt';
import type { UncertaintyMessage } from '../wire/ServerMessage';
import type { WireError } from '../wire/WireError';
import type { LogState } from './LogState';
import type { SessionStatus } from './SessionStatus';

/** The answer that changed the mask. */
export interface MaskCause {
  readonly turn: string;
  readonly seq: number;
  readonly stage: string;
  readonly final: boolean;
  readonly version: number;
}

/** A turn that the server would not write, given back. */
export interface Refusal {
  readonly turn: string;
  readonly prompts: readonly Prompt[];
  readonly error: WireError;
}

export interface SessionEvents {
  log: LogState;
  /** `cause` is null where the whole mask was replaced */
  mask: {
    readonly slices: readonly number[];
    readonly cause: MaskCause | null;
  };
  status: SessionStatus;
  /** what was foreseen for a wish: shown, but no part of the mask */
  foreseen: { readonly wish: string; readonly slices: readonly PackedRegion[] };
  /** what was asked about a slice: `map` is null where nothing is known */
  uncertainty: UncertaintyMessage;
  /** a turn was not taken, and never will be */
  refused: Refusal;
  /** a sentence for the reader is due */
  error: WireError;
}
