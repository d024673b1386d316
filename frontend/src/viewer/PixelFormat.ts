import type { DicomJson } from './loadSeriesMetadata';

/** How the bytes of a series' frames are to be read. */
export interface PixelFormat {
  readonly channels: number;
  readonly signed: boolean;
  /** stored × slope + intercept is the value in the modality's unit */
  readonly slope: number;
  readonly intercept: number;
}

/** @throws RangeError for pixels that are neither 16-bit grey nor RGB bytes */
export function pixelFormat(instance: DicomJson): PixelFormat {
  const number = (tag: string, otherwise: number): number =>
    Number(instance[tag]?.Value?.[0] ?? otherwise);
  const channels = number(SAMPLES_PER_PIXEL, 1);
  const bits = number(BITS_ALLOCATED, 16);
  if (bits !== (channels === 1 ? 16 : 8)) {
    throw new RangeError(`Frames of ${channels} × ${bits} bits are not shown`);
  }
  return {
    channels,
    signed: number(PIXEL_REPRESENTATION, 0) === 1,
    slope: number(RESCALE_SLOPE, 1),
    intercept: number(RESCALE_INTERCEPT, 0),
  };
}

/** Of one voxel: a 16-bit grey value, or three bytes of colour. */
export function voxelBytes({ channels }: PixelFormat): number {
  return channels > 1 ? 3 : 2;
}

/** The stored values of one frame, little endian as they came. */
export function readPixels(
  bytes: ArrayBuffer,
  { channels, signed }: PixelFormat,
): Int16Array | Uint16Array | Uint8Array {
  if (channels > 1) {
    return new Uint8Array(bytes);
  }
  return signed ? new Int16Array(bytes) : new Uint16Array(bytes);
}

const SAMPLES_PER_PIXEL = '00280002';
const BITS_ALLOCATED = '00280100';
const PIXEL_REPRESENTATION = '00280103';
const RESCALE_INTERCEPT = '00281052';
const RESCALE_SLOPE = '00281053';
