import { request } from './request';
import type { SessionDetail } from './SessionDetail';

/** Open the session of an assignment, or resume it. */
export function openSession(assignment: string): Promise<SessionDetail> {
  return request('POST', `/api/assignments/${assignment}/session`);
}
