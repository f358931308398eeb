import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Of a Heddle that runs here, for `vite dev`. */
const API = process.env.HEDDLE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2023',
    // Everything is a file of its own: the policy of the page allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
  },
  server: { proxy: { '/v1': API } },
});
