import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

const built = fileURLToPath(new URL('../../../../apps/dashboard/dist/', import.meta.url))

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
  await app.register(fastifyStatic, {
    root: `${built}assets`,
    prefix: '/dashboard/assets/',
    decorateReply: false,
    index: false,
    // File names contain a hash of the content.
    immutable: true,
    maxAge: '365d',
    setHeaders: (reply) => {
      reply.headers(pageHeaders)
    },
  })
  app.get('/', (_, reply) => reply.redirect('/dashboard'))
  app.get('/dashboard', (_, reply) => sendPage(reply))
  app.get('/dashboard/*', (_, reply) => sendPage(reply))
}

async function sendPage(reply: FastifyReply): Promise<FastifyReply> {
  const page = await readFile(`${built}index.html`).catch(() => null)
  reply.headers(pageHeaders).header('cache-control', 'no-cache')
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
  return reply.type('text/html; charset=utf-8').send(page)
}
