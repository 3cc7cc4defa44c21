/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

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

/** Fails the build when an office page would load the viewer: its chunk is larger than everything else together. */
function keepViewerLazy(): Plugin {
  return {
    name: 'keep-viewer-lazy',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
      const entry = chunks.find((chunk) => chunk.isEntry);
      const eager = new Set<string>();
      const pending = entry ? [entry.fileName] : [];
      while (pending.length > 0) {
        const name = pending.pop() ?? '';
        if (eager.has(name)) continue;
        eager.add(name);
        pending.push(...(chunks.find((chunk) => chunk.fileName === name)?.imports ?? []));
      }
      const viewer = [...eager].find((name) => name.includes('cornerstone'));
      if (viewer) this.error(`${viewer} is loaded by every page; find what the entry shares with it and give that a chunk of its own.`);
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [react(), keepViewerLazy()],
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
      onLog(level, log, report) {
        // The codecs' emscripten code names fs and path for Node only; the browser never calls them.
        if (/externalized for browser compatibility.*@cornerstonejs\/codec/.test(log.message)) return;
        report(level, log);
      },
      output: {
        codeSplitting: {
          groups: [
            { name: 'cornerstone', test: /node_modules[\\/](@cornerstonejs|@kitware|gl-matrix|dicom-parser)[\\/]/, priority: 10 },
            // First, so that what both halves use does not end up in the viewer's chunk.
            { name: 'base', test: /node_modules[\\/](react|react-dom|react-router|scheduler|zustand|fast-deep-equal)[\\/]|vite\/preload-helper/, priority: 20 },
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
