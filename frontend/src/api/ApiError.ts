import type { WireError } from '../wire/WireError';

/** An answer that refuses, in the one shape of errors. */
export class ApiError extends Error implements WireError {
  readonly code: string;
  readonly extra: WireError['extra'];

  constructor({ code, message, extra }: WireError) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.extra = extra;
  }
}
