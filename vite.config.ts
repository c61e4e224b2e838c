import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { CSP_META } from './shared/csp.ts';

/** Writes the policy into the built page, so that it holds also where no server can send a header (file://). */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: CSP_META }, injectTo: 'head-prepend' },
    ],
  },
};

// The page. Loaded from a file by the window and over HTTP by `serve`, hence the relative base; nothing inlined,
// hence no data: in the policy. The oldest Chromium that it runs in is the one that drives the tests.
export default defineConfig({
  root: 'renderer',
  base: './',
  publicDir: false,
  plugins: [react(), contentSecurityPolicy],
  build: {
    target: 'chrome108',
    outDir: '../dist/page',
    // scripts/build.ts clears what is old once the new is there: a running app never finds its page gone.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2048,
  },
});
