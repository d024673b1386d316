import type { WireError } from '../wire/WireError';
import { ApiError } from './ApiError';
import { csrfToken } from './csrfToken';

/**
 * Ask the server; the answer's JSON.
 *
 * @throws ApiError when the server refuses or cannot be reached
 */
export async function request<Answer>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        ...(method === 'POST'
          ? {
              'Content-Type': 'application/json',
              'X-CSRFToken': csrfToken(document.cookie),
            }
          : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
  } catch {
    throw new ApiError({
      code: 'viewer:server-unreachable',
      message: 'The server cannot be reached',
      extra: { path },
    });
  }
  if (!response.ok) {
    throw new ApiError(await refusal(response));
  }
  return (await response.json()) as Answer;
}

async function refusal(response: Response): Promise<WireError> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'code' in body) {
    return body as WireError;
  }
  return {
    code: `http:${response.status}`,
    message: `The server answered ${response.status}`,
    extra: { status: response.status },
  };
}
