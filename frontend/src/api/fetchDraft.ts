import type { Draft } from '../session/MaskStream';
import { request } from './request';

/** The whole mask of a session as it is stored now. */
export function fetchDraft(session: string): Promise<Draft> {
  return request('GET', `/api/sessions/${session}/draft`);
}
