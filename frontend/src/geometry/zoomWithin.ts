/** Of the whole picture in its pane: further away it is a stamp. */
const LEAST = 0.2;
/** CSS pixels of a voxel: nearer, a single one fills the pane. */
const MOST = 128;

/**
 * The part of a zoom that leaves something to see.
 *
 * @param factor how much nearer it is wanted
 * @param scale of the picture now, and `fitted` of the whole one: of one unit
 * @param voxel CSS pixels of a voxel now
 * @returns the factor to come nearer by; a picture beyond a bound may only
 *   come back
 */
export function zoomWithin(
  factor: number,
  scale: number,
  fitted: number,
  voxel: number,
): number {
  const least = Math.min((LEAST * fitted) / scale, 1);
  const most = Math.max(MOST / voxel, 1);
  return Math.min(Math.max(factor, least), most);
}
