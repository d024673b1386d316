import type { Series } from './Viewer';

/** One instance in the DICOM JSON model (PS3.18 annex F). */
export type DicomJson = Readonly<
  Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>
>;

/**
 * Metadata of every instance of a series, in the order of `series.instances`.
 *
 * @throws Error when an instance has no metadata or the server refuses
 */
export async function loadSeriesMetadata(
  series: Series,
): Promise<readonly DicomJson[]> {
  // As the page's preload asks for it, so that it is the same request.
  const response = await fetch(`${series.address}/metadata`);
  if (!response.ok) {
    throw new Error(`The series' metadata did not come: ${response.status}`);
  }
  const instances = (await response.json()) as readonly DicomJson[];
  const byUid = new Map(
    instances.map((instance) => [
      instance[SOP_INSTANCE_UID]?.Value?.[0],
      instance,
    ]),
  );
  return series.instances.map((uid) => {
    const instance = byUid.get(uid);
    if (!instance) {
      throw new Error(`Instance ${uid} has no metadata`);
    }
    return instance;
  });
}

/** (0008,0018) */
const SOP_INSTANCE_UID = '00080018';
