import { cache, init as initCore } from '@cornerstonejs/core';
import { init as initLoader } from '@cornerstonejs/dicom-image-loader';

const CACHE_BYTES = 1024 ** 3;

let started = false;

/** Start the image library once per page. */
export function startCornerstone(): void {
  if (started) {
    return;
  }
  started = true;
  initCore({
    // One pane needs one context; a quarter of the GPU process' memory less.
    rendering: { webGlContextCount: 1 },
    debug: {},
  });
  initLoader({
    // Frames come plain, not wrapped in the multipart the loader asks for.
    beforeSend: async () => ({
      Accept: 'application/octet-stream, */*;q=0.1',
    }),
    maxWebWorkers: Math.min(Math.max(navigator.hardwareConcurrency - 1, 1), 4),
  });
  cache.setMaxCacheSize(CACHE_BYTES);
}
