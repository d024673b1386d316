/** What draws the picture. */
export type Drawing = 'graphics' | 'plain';

/** Names of drivers that draw with the processor. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * The graphics card through the image library, or plain 2D canvases where the
 * browser has no WebGL 2 or only pretends to.
 *
 * @param liked what the reader asks for; a card that is missing is not forced
 */
export function chooseDrawing(liked: Drawing | 'auto'): Drawing {
  if (liked === 'plain') {
    return 'plain';
  }
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) {
    return 'plain';
  }
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const driver = String(
    context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER),
  );
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return liked === 'auto' && SOFTWARE.test(driver) ? 'plain' : 'graphics';
}
