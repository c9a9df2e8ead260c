import { defineConfig } from 'vite';

/** Relative addresses, so that the page also works below a proxy's path. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../../dist/dashboard-page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200, // Vega, which is loaded when the first chart is drawn
  },
});
