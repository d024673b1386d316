import { drawnInSoftware, graphicsDriver } from './drawnInSoftware';

/** What draws the picture. */
export type Drawing = 'graphics' | 'plain';

/**
 * The graphics card through the image library, or plain 2D canvases where the
 * browser has no WebGL 2 or only pretends to.
 *
 * @param liked what the reader asks for; a card that is missing is not forced
 */
export function chooseDrawing(liked: Drawing | 'auto'): Drawing {
  if (liked === 'plain' || graphicsDriver() === null) {
    return 'plain';
  }
  return liked === 'auto' && drawnInSoftware() ? 'plain' : 'graphics';
}
