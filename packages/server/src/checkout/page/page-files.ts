import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

const built = fileURLToPath(new URL('../../../../../apps/checkout/dist/', import.meta.url))

/** Everything from this server, nothing inline, and never inside another site's frame. */
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

/** Headers of the page, its files and its data. */
export const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=()',
  // The link is the right to pay: no other site learns it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const notBuilt = 'The payment page is not built: run npm run prepare, then reload.\n'

/** The page's files. What a link stands for, the page asks of its API. */
export async function pageFiles(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: `${built}assets`,
    prefix: '/pay/assets/',
    decorateReply: false,
    index: false,
    // Their names hold a hash of their content.
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
