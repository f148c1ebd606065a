import { defineConfig } from 'vite';

export default defineConfig({
  // The program answers index.html at / and every file of the build below /explorer/.
  base: '/explorer/',
  // Some dependencies carry a React directive that the bundler ignores and warns about, file by file.
  logLevel: 'error',
  build: {
    outDir: '../projectgate/explorer/dist',
    // The folder is outside this one, so Vite empties it only when told to.
    emptyOutDir: true,
    // The page's policy allows scripts and workers from our own address only: nothing may become a data: URL.
    assetsInlineLimit: 0,
    // The polyfill would be an extra script for browsers that cannot run the page anyway.
    modulePreload: { polyfill: false },
  },
  // Monaco's workers load further modules.
  worker: { format: 'es' },
});
