import type { UncertaintyMessage } from './ServerMessage';
import { unpackLabels } from './unpackLabels';

/** How unsure the engine is of a slice: `levels` of 0 to 15, C order. */
export interface UncertainSlice {
  readonly levels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  /** voxels along the side of the square that a level is of */
  readonly step: number;
}

/** @throws RangeError when the data is not what its size asks for */
export async function unpackUncertainty(
  map: NonNullable<UncertaintyMessage['map']>,
): Promise<UncertainSlice> {
  const [, rows, columns] = map.stop;
  return { levels: await unpackLabels(map), rows, columns, step: map.step };
}
