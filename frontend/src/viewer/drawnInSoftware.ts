/** Names of drivers that draw with the processor. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let driver: string | null | undefined;

/** The driver that draws WebGL 2; null where there is none. */
export function graphicsDriver(): string | null {
  if (driver === undefined) {
    const context = document.createElement('canvas').getContext('webgl2');
    const names = context?.getExtension('WEBGL_debug_renderer_info');
    driver = context
      ? String(
          context.getParameter(
            names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER,
          ),
        )
      : null;
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return driver;
}

/**
 * Whether there is no graphics card, or one that is only pretended. The browser
 * then draws a canvas several times as fast in its own way as in the card's:
 * an outline of some thousand edges took a second of a pretended one.
 */
export function drawnInSoftware(): boolean {
  const name = graphicsDriver();
  return name === null || SOFTWARE.test(name);
}
