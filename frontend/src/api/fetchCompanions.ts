import type { Companion } from './Companion';
import { request } from './request';

/** The other series of the patient that may be shown beside a session's case. */
export function fetchCompanions(
  session: string,
): Promise<readonly Companion[]> {
  return request<readonly Companion[]>(
    'GET',
    `/api/sessions/${session}/companions`,
  );
}
