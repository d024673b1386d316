import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: '/static/viewer/',
  plugins: [svelte()],
  resolve: {
    alias: {
      // Pulled in by dcmjs for XML export, which we never call: bundled, its
      // CommonJS start-up code kills the built page.
      xmlbuilder2: here('./src/stubs/xmlbuilder2.ts'),
    },
  },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    manifest: true,
    // An inlined asset would be a data: URL, which the page's CSP refuses.
    assetsInlineLimit: 0,
    target: 'es2022',
    rolldownOptions: { input: here('./src/main.ts') },
    // Cornerstone is one chunk of its own, loaded on demand.
    chunkSizeWarningLimit: 8000,
  },
  optimizeDeps: {
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: ['dicom-parser', '@cornerstonejs/dicom-image-loader > comlink'],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    // A process and its modules for each file would take five times as long.
    pool: 'threads',
    isolate: false,
    unstubGlobals: true,
    restoreMocks: true,
  },
});
