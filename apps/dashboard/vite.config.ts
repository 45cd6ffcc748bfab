import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/dashboard/',
  plugins: [react()],
  build: {
    // The oldest browsers that have `light-dark()`, which the styles use.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: address would be refused by the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of the bundled libraries ask for their notices.
    license: { fileName: 'licenses.md' },
  },
})
