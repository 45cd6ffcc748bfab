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
  serveAssets(app, { folder, assetsPath: '/docs/assets/', headers: pageHeaders })
  app.get('/docs', async (_, reply) => sendPage(reply, 200, await readPage(folder, 'index')))
  app.get<{ Params: { '*': string } }>('/docs/*', async ({ params }, reply) => {
    const path = params['*']
    const name = path.replace(/\/$/, '').replace(/\.(?:html|md)$/, '') || 'index'
    const page = name === '404' ? null : await readPage(folder, name)
    if (page === null) return sendPage(reply, 404, await readPage(folder, '404'))
    if (name === 'index') return reply.redirect('/docs', 301)
    // Other spellings of the address, such as /docs/webhooks/ and /docs/webhooks.md.
    if (name !== path) return reply.redirect(`/docs/${name}`, 301)
    return sendPage(reply, 200, page)
  })
}

/** Reads a page. `null` if the name is not one, or the site was not built. */
async function readPage(folder: string, name: string): Promise<Buffer | null> {
  if (!pageName.test(name)) return null
  return await readFile(`${folder}${name}.html`).catch(() => null)
}

function sendPage(reply: FastifyReply, status: 200 | 404, page: Buffer | null): FastifyReply {
  reply.headers({ ...pageHeaders, ...publicHeaders })
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
  return reply.code(status).type('text/html; charset=utf-8').send(page)
}
