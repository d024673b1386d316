import type { WireError } from './WireError';

/** What was thrown, in the one shape of errors. */
export function asWireError(error: unknown): WireError {
  if (error instanceof Error && 'code' in error && 'extra' in error) {
    return error as Error & WireError;
  }
  return {
    code: 'viewer:unexpected',
    message: error instanceof Error ? error.message : String(error),
    extra: {},
  };
}
