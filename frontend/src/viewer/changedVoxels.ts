/**
 * Where two label maps of a slice differ: 1 there, 0 elsewhere; null where
 * they are the same. Without a map there is no label.
 */
export function changedVoxels(
  before: Uint8Array | null,
  after: Uint8Array | null,
): Uint8Array | null {
  const either = before ?? after;
  if (!either) {
    return null;
  }
  const changed = new Uint8Array(either.length);
  let any = false;
  for (let i = 0; i < changed.length; i += 1) {
    if ((before?.[i] ?? 0) !== (after?.[i] ?? 0)) {
      changed[i] = 1;
      any = true;
    }
  }
  return any ? changed : null;
}
