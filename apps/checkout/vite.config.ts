import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/pay/',
  plugins: [react()],
  build: {
    // Browsers of phones of the last four years, because customers cannot choose a newer one.
    target: ['chrome100', 'firefox100', 'safari15.4'],
    // A data: address would be refused by the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of the bundled libraries ask for their notices.
    license: { fileName: 'licenses.md' },
  },
})
