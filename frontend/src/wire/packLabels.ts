import { countVoxels } from './countVoxels';
import { deflateRuns } from './deflateRuns';
import { encodeBase64 } from './encodeBase64';
import type { PackedRegion } from './PackedRegion';

/**
 * Pack the labels (C order) of a half-open region.
 *
 * @throws RangeError when there are not as many labels as voxels
 */
export function packLabels(
  start: PackedRegion['start'],
  stop: PackedRegion['stop'],
  labels: Uint8Array,
): PackedRegion {
  const count = countVoxels({ start, stop });
  if (labels.length !== count) {
    throw new RangeError(
      `A region of ${count} voxels cannot hold ${labels.length} labels`,
    );
  }
  const largest = labels.reduce((max, label) => Math.max(max, label), 0);
  const planes = Math.max(32 - Math.clz32(largest), 1);
  const stride = Math.ceil(count / 8);
  const bytes = new Uint8Array(stride * planes);
  labels.forEach((label, i) => {
    for (let plane = 0; plane < planes; plane += 1) {
      if (label & (1 << plane)) {
        const byte = plane * stride + (i >> 3);
        bytes[byte] = (bytes[byte] as number) | (0x80 >> (i & 7));
      }
    }
  });
  return { start, stop, planes, data: encodeBase64(deflateRuns(bytes)) };
}
