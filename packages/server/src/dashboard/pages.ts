import type { FastifyInstance } from 'fastify'
import { serveWebApp } from '../http/web-app.ts'
import { webFolder } from '../http/web-folder.ts'

/** Only files of this server, and nothing inline: an injected script does not run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Added to the headers of every answer. */
const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

/** Shown instead of an empty page when the dashboard was not built. */
const notBuilt = 'The dashboard is not built: run npm run prepare, then reload.\n'

/** The dashboard's files. Every path below /dashboard is the same page, with routes in the browser. */
export async function dashboardPages(app: FastifyInstance): Promise<void> {
  app.get('/', (_, reply) => reply.redirect('/dashboard'))
  serveWebApp(app, {
    folder: webFolder('dashboard'),
    assetsPath: '/dashboard/assets/',
    pagePaths: ['/dashboard', '/dashboard/*'],
    headers: pageHeaders,
    pageCacheControl: 'no-cache',
    notBuilt,
  })
}
