/** The one shape of an error, on every door; `code` is stable. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly extra: Readonly<Record<string, unknown>>;
}
