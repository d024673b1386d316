/**
 * What the recorder knows. `annotation/timing/vocabulary.py` says which part of
 * a reader's time each kind speaks of; times are derived there, never here.
 */
export type EventKind =
  | 'load'
  | 'unload'
  | 'visibility'
  | 'focus'
  | 'blur'
  | 'clock'
  | 'pointer_down'
  | 'pointer_up'
  | 'pointer_cancel'
  | 'pointer_move'
  | 'scroll'
  | 'slice'
  | 'zoom'
  | 'pan'
  | 'window'
  | 'tool'
  | 'label'
  | 'opacity'
  | 'visibility_label'
  | 'width'
  | 'panel'
  | 'key'
  | 'undo'
  | 'redo'
  | 'cancel'
  | 'accept'
  | 'submit'
  | 'turn_sent'
  | 'turn_taken'
  | 'turn_failed'
  | 'prediction_received'
  | 'prediction_rendered';

export type EventData = Readonly<
  Record<string, string | number | boolean | null>
>;

/** One thing that happened in one page load. */
export interface SessionEvent {
  /** 1, 2, … within the tab */
  readonly seq: number;
  /** `performance.now()` in ms: monotonic, zero at the start of the page */
  readonly t: number;
  readonly kind: EventKind;
  readonly data: EventData;
}
