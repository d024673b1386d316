import type { PackedRegion } from './PackedRegion';
import type { Prompt } from './Prompt';
import type { WireError } from './WireError';

/** A turn as the server keeps it. */
export interface WireTurn {
  readonly id: string;
  readonly seq: number;
  readonly state: 'active' | 'undone' | 'discarded';
  /** when it left the log, epoch ms; null while it is in it */
  readonly undone_at: number | null;
  readonly final: boolean;
  readonly error: WireError | null;
  readonly prompts: readonly Prompt[];
}

/** Seconds a turn spent in each part of the machine, those that are known. */
export interface MachineTimes {
  readonly queue_s?: number;
  readonly load_s?: number;
  readonly compute_s?: number;
  readonly store_s?: number;
}

/** Sent once on every connection: where the session stands. */
export interface StateMessage {
  readonly type: 'state';
  readonly draft_version: number;
  readonly turns: readonly WireTurn[];
  readonly pending: readonly string[];
}

/** The turn is written: it will not be lost. */
export interface TurnTakenMessage {
  readonly type: 'turn_taken';
  readonly turn: string;
  readonly seq: number;
}

export interface PredictionMessage {
  readonly type: 'prediction';
  readonly turn: string;
  readonly seq: number;
  readonly stage: string;
  readonly final: boolean;
  readonly version: number;
  readonly slices: readonly PackedRegion[];
  readonly quality: Readonly<Record<string, number>> | null;
  readonly times: MachineTimes;
  readonly worker: string;
  readonly sent_at: number;
}

/** The whole mask of a shorter (or longer) log. */
export interface CanvasMessage {
  readonly type: 'canvas';
  readonly version: number;
  readonly slices: readonly PackedRegion[];
  /** number of the newest turn that it answers; 0 where it answers none */
  readonly upto: number;
  readonly undone: readonly string[];
  readonly quality?: Readonly<Record<string, number>>;
  readonly times: MachineTimes;
}

/** What was foreseen for a wish; nothing of it is stored. */
export interface ForeseenMessage {
  readonly type: 'foreseen';
  readonly id: string;
  readonly slices: readonly PackedRegion[];
}

/**
 * How unsure the engine was of a slice: 0 to 15 in blocks of `step` × `step`
 * voxels, packed as a mask of one block each; null where nothing is known.
 */
export interface UncertaintyMessage {
  readonly type: 'uncertainty';
  readonly id: string;
  readonly slice: number;
  readonly map: (PackedRegion & { readonly step: number }) | null;
}

/** The log as it is after an undo, a redo or a cancelled turn. */
export interface LogMessage {
  readonly type: 'log';
  readonly turns: readonly WireTurn[];
  /** id of what was asked for (of the turn, where it was cancelled) */
  readonly request: string | null;
}

export interface ProgressMessage {
  readonly type: 'progress';
  readonly turn: string;
  readonly fraction: number;
  readonly stage: string;
}

export interface EventsTakenMessage {
  readonly type: 'events_taken';
  readonly tab: string;
  readonly seq: number;
}

export interface ClockReply {
  readonly type: 'clock';
  readonly t: number;
  readonly server_ms: number;
}

/** Which of the reader's browsers writes. */
export interface SeatMessage {
  readonly type: 'seat';
  readonly holder: string;
}

export interface ErrorMessage {
  readonly type: 'error';
  readonly turn: string | null;
  readonly error: WireError;
}

export type ServerMessage =
  | StateMessage
  | TurnTakenMessage
  | PredictionMessage
  | CanvasMessage
  | ForeseenMessage
  | UncertaintyMessage
  | LogMessage
  | ProgressMessage
  | EventsTakenMessage
  | ClockReply
  | SeatMessage
  | ErrorMessage;
