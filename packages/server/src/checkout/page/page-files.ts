import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

const built = fileURLToPath(new URL('../../../../../apps/checkout/dist/', import.meta.url))

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
  await app.register(fastifyStatic, {
    root: `${built}assets`,
    prefix: '/pay/assets/',
    decorateReply: false,
    index: false,
    // The file names contain a hash of the content.
    immutable: true,
    maxAge: '365d',
    setHeaders: (reply) => {
      reply.headers(pageHeaders)
    },
  })
  app.get('/pay/:id', (_, reply) => sendPage(reply))
  app.get('/checkout/:id', (_, reply) => sendPage(reply))
}

async function sendPage(reply: FastifyReply): Promise<FastifyReply> {
  const page = await readFile(`${built}index.html`).catch(() => null)
  reply.headers(pageHeaders).header('cache-control', 'no-store')
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
  return reply.type('text/html; charset=utf-8').send(page)
}
