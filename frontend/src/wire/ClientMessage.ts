import type { Prompt } from './Prompt';
import type { SessionEvent } from './SessionEvent';

/** `id` makes each idempotent: sent twice, it is done once. */
export interface TurnMessage {
  readonly type: 'turn';
  readonly id: string;
  readonly prompts: readonly Prompt[];
}

export interface UndoMessage {
  readonly type: 'undo';
  readonly id: string;
}

/** Undo every mark after a turn. */
export interface BackMessage {
  readonly type: 'back';
  readonly id: string;
  readonly turn: string;
}

export interface RedoMessage {
  readonly type: 'redo';
  readonly id: string;
}

/** Take one turn out of the log, wherever it stands. */
export interface RemoveMessage {
  readonly type: 'remove';
  readonly id: string;
  readonly turn: string;
}

export interface CancelMessage {
  readonly type: 'cancel';
  readonly turn: string;
}

/**
 * End a propagation and keep what has come: a turn `id` that goes just so far
 * takes the place of `turn`.
 */
export interface StopMessage {
  readonly type: 'stop';
  readonly id: string;
  readonly turn: string;
}

/** A wish, no turn: what would a visit of these slices show? */
export interface ForeseeMessage {
  readonly type: 'foresee';
  readonly id: string;
  readonly slices: readonly number[];
}

/** A question, no turn: how unsure is the engine of this slice? */
export interface UncertaintyQuestion {
  readonly type: 'uncertainty';
  readonly id: string;
  readonly slice: number;
}

export interface EventsMessage {
  readonly type: 'events';
  readonly tab: string;
  readonly events: readonly SessionEvent[];
}

export interface ClockMessage {
  readonly type: 'clock';
  readonly t: number;
}

/** This browser would write; `take`: now; `waits`: as soon as no other does. */
export interface SitMessage {
  readonly type: 'sit';
  readonly browser: string;
  readonly take: boolean;
  readonly waits: boolean;
}

export type ClientMessage =
  | TurnMessage
  | UndoMessage
  | BackMessage
  | RedoMessage
  | RemoveMessage
  | CancelMessage
  | StopMessage
  | ForeseeMessage
  | UncertaintyQuestion
  | EventsMessage
  | ClockMessage
  | SitMessage;
