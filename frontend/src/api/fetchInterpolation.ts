import type { PackedRegion } from '../wire/PackedRegion';
import { request } from './request';

/** The shape of a label between two slices, given as a packed mask each. */
export async function fetchInterpolation(
  session: string,
  first: PackedRegion,
  second: PackedRegion,
): Promise<readonly PackedRegion[]> {
  const { slices } = await request<{ slices: readonly PackedRegion[] }>(
    'POST',
    `/api/sessions/${session}/interpolation`,
    { first, second },
  );
  return slices;
}
