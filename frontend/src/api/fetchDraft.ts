import type { Draft } from '../session/MaskStream';
import type { PackedRegion } from '../wire/PackedRegion';
import { request } from './request';
import type { components } from './schema';

/** The whole mask of a session as it is stored now. */
export async function fetchDraft(session: string): Promise<Draft> {
  const { version, slices, quality } = await request<
    components['schemas']['Draft']
  >('GET', `/api/sessions/${session}/draft`);
  // The schema knows lists of numbers, the wire three of them.
  return {
    version,
    slices: slices as unknown as readonly PackedRegion[],
    quality,
  };
}
