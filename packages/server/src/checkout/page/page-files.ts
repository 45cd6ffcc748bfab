import type { FastifyInstance } from 'fastify'
import { serveWebApp } from '../../http/web-app.ts'
import { webFolder } from '../../http/web-folder.ts'

/** Everything from this server, nothing inline, no frames of other sites. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of the page, its files and its API. */
export const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=()',
  // The link permits paying: no other site may see it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const notBuilt = 'The payment page is not built: run npm run prepare, then reload.\n'

/** Serves the page and its files. The page reads its session or payment from its API. */
export async function pageFiles(app: FastifyInstance): Promise<void> {
  await serveWebApp(app, {
    folder: webFolder('checkout'),
    assetsPath: '/pay/assets/',
    pagePaths: ['/pay/:id', '/checkout/:id'],
    headers: pageHeaders,
    pageCacheControl: 'no-store',
    notBuilt,
  })
}
