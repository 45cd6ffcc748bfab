import { readFile } from 'node:fs/promises'
import { openApiDocument } from '@hedgepayments/contract/openapi'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { serveAssets } from './web-app.ts'
import { webFolder } from './web-folder.ts'

/** Only files of this server, and nothing inline. */
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

const pageHeaders = { 'content-security-policy': contentSecurityPolicy } as const

/** Public, so browsers may cache it; they must revalidate each time, because it may change. */
const publicHeaders = { 'cache-control': 'no-cache' } as const

const notBuilt = 'The documentation is not built: run npm run prepare, then reload.\n'

/** Names of pages. Without dots, so that no name leaves the folder. */
const pageName = /^[\w-]+(?:\/[\w-]+)*$/

/** The documentation for people at `/docs`, the OpenAPI document for programs at `/openapi.json`. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  // Built by the first request: it takes 40 ms, which no start should wait for.
  let document: string | null = null
  app.get('/openapi.json', (_, reply) => {
    document ??= JSON.stringify(openApiDocument())
    return reply.headers(publicHeaders).type('application/json').send(document)
  })
  const folder = webFolder('docs')
  await serveAssets(app, { folder, assetsPath: '/docs/assets/', headers: pageHeaders })
  app.get('/docs', (_, reply) => sendPage(reply, folder, 'index'))
  app.get<{ Params: { '*': string } }>('/docs/*', ({ params }, reply) =>
    sendOrRedirect(reply, folder, params['*']),
  )
}

/** Sends a page. Other spellings of its address lead there: `/docs/`, `/docs/webhooks/`, `/docs/webhooks.md`. */
async function sendOrRedirect(
  reply: FastifyReply,
  folder: string,
  path: string,
): Promise<FastifyReply> {
  const name = path.replace(/\/$/, '').replace(/\.(?:html|md)$/, '')
  if (name === '' || name === 'index') return reply.redirect('/docs', 301)
  if (!pageName.test(name) || name === '404') return await sendPage(reply.code(404), folder, '404')
  if (name !== path) return reply.redirect(`/docs/${name}`, 301)
  return await sendPage(reply, folder, name)
}

/** Sends a page, or the page for addresses without one. Answers 503 if the site was not built. */
async function sendPage(reply: FastifyReply, folder: string, name: string): Promise<FastifyReply> {
  const page = await readFile(`${folder}${name}.html`).catch(() => null)
  if (page === null && name !== 'index' && name !== '404') {
    return await sendPage(reply.code(404), folder, '404')
  }
  reply.headers({ ...pageHeaders, ...publicHeaders })
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
  return reply.type('text/html; charset=utf-8').send(page)
}
