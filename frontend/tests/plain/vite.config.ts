import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** The page that the viewer is timed beside; it is no part of the product. */
export default defineConfig({
  root: here('.'),
  base: '/static/plain/',
  resolve: {
    alias: { xmlbuilder2: here('../../src/stubs/xmlbuilder2.ts') },
  },
  worker: { format: 'es' },
  build: {
    assetsInlineLimit: 0,
    target: 'es2022',
    chunkSizeWarningLimit: 8000,
    emptyOutDir: true,
  },
});
