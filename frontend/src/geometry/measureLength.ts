import type { VoxelIndex } from './frames';
import type { VolumeGeometry } from './VolumeGeometry';

/** Distance in mm between two indices of a volume. */
export function measureLength(
  geometry: VolumeGeometry,
  from: VoxelIndex,
  to: VoxelIndex,
): number {
  const [a, b] = [geometry.pointOf(from), geometry.pointOf(to)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** A length as people read it: µm below a millimetre, mm above. */
export function lengthText(mm: number): string {
  return mm < 1 ? `${(mm * 1000).toFixed(0)} µm` : `${mm.toFixed(1)} mm`;
}
