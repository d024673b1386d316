/** What the recorder knows; times are derived from these, never here. */
export type EventKind =
  | 'load'
  | 'pointer_down'
  | 'pointer_up'
  | 'pointer_move'
  | 'scroll'
  | 'window'
  | 'zoom'
  | 'pan'
  | 'tool'
  | 'label'
  | 'key'
  | 'visibility'
  | 'focus'
  | 'blur'
  | 'clock'
  | 'slice_shown'
  | 'turn_sent'
  | 'turn_taken'
  | 'prediction_received'
  | 'prediction_rendered'
  | 'undo'
  | 'redo'
  | 'cancel'
  | 'accept'
  | 'submit'
  | 'unload';

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
