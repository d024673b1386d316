import { drawnInSoftware } from './drawnInSoftware';

/**
 * The context of a small picture that is painted pixel by pixel and drawn on a
 * layer: in the memory that the layer is drawn in, for nothing to be moved.
 */
export function pixelContext(
  picture: HTMLCanvasElement,
): CanvasRenderingContext2D {
  const context = picture.getContext('2d', {
    willReadFrequently: drawnInSoftware(),
  });
  if (!context) {
    throw new Error('The browser gave no 2D canvas');
  }
  return context;
}
