import type { Digests } from '../session/DraftCheck';
import { request } from './request';

/** Hashes of the stored slices that are newer than `since`. */
export function fetchDigests(session: string, since: number): Promise<Digests> {
  return request('GET', `/api/sessions/${session}/digests?since=${since}`);
}
