/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// vitest 5 prints failures with Map.groupBy, which Node 20 does not have: without this a red test shows no reason.
Map.groupBy ??= function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

// `vite` and `vite preview` pass everything that is not the front end on to a running server.
const SERVER = process.env.MEDREVIEW_SERVER ?? 'http://127.0.0.1:8000';
const PROXIED = ['/api', '/_allauth', '/dicomweb', '/media', '/healthz', '/readyz'];

export default defineConfig({
  base: '/',
  plugins: [react()],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      // vtk.js reaches node's `events` through xmlbuilder2; without the alias the build is green and the page is white.
      events: 'events/events.js',
    },
  },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    target: 'es2022',
    sourcemap: false,
    // The viewer is one large, lazily loaded chunk.
    chunkSizeWarningLimit: 4500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'cornerstone', test: /node_modules[\\/](@cornerstonejs|@kitware|gl-matrix|dicom-parser)[\\/]/, priority: 20 },
            { name: 'react', test: /node_modules[\\/](react|react-dom|react-router|scheduler)[\\/]/, priority: 10 },
          ],
        },
      },
    },
  },
  optimizeDeps: {
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: [
      'dicom-parser',
      '@cornerstonejs/codec-charls/decodewasmjs',
      '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
      '@cornerstonejs/codec-libjxl/decodewasmjs',
      '@cornerstonejs/codec-openjpeg/decodewasmjs',
      '@cornerstonejs/codec-openjph/wasmjs',
    ],
  },
  server: { proxy: Object.fromEntries(PROXIED.map((path) => [path, { target: SERVER, changeOrigin: false }])) },
  test: {
    // Most tests are of pure code; one that needs a document says `// @vitest-environment jsdom` in its first line.
    environment: 'node',
    setupFiles: ['src/app/testSetup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    unstubGlobals: true,
    // Files share a worker: a process per file costs more than all the tests. So a test cleans up what it stubs.
    isolate: false,
  },
});
