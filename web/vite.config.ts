import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

const gallery = process.env.LESSONROOM_GALLERY === '1';

// The server's policy is default-src 'self': nothing may be inlined as a data: address.
export default defineConfig({
  plugins: [preact()],
  build: {
    outDir: gallery ? '../test-results/gallery' : '../server/static',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    rollupOptions: {
      input: gallery
        ? fileURLToPath(new URL('gallery/index.html', import.meta.url))
        : fileURLToPath(new URL('index.html', import.meta.url)),
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/ws': { target: 'ws://127.0.0.1:8000', ws: true } } },
  test: { environment: 'node', include: ['tests/**/*.test.{ts,tsx}'] },
});
