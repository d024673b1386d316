/** What the status line says; plain facts, no words. */
export interface SessionStatus {
  readonly connection: 'connecting' | 'online' | 'offline' | 'refused';
  /** version of the stored mask that is shown */
  readonly draftVersion: number;
  /** turns, undos and redos that the server has not acknowledged */
  readonly unsent: number;
  /** those of them that mark something */
  readonly unsentStrokes: number;
  /** whether unsent work would outlive this page */
  readonly durable: boolean;
  readonly worker: string | null;
  /** from a turn's sending to its first mask's arrival, in ms */
  readonly latencyMs: number | null;
  readonly working: boolean;
  readonly fraction: number | null;
}
