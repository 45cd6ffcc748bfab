import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { openApiDocument } from '@hedgepayments/contract/openapi'
import type { FastifyInstance } from 'fastify'

const assets = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))
const shown = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hedge Payments API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

// The viewer has a dark mode, and leaves it to the page to follow the browser's setting.
const start = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
})
`

// The page loads from this server only. The viewer sets inline styles and draws inline icons.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Public, so browsers may cache it; they must revalidate each time, because it may change. */
const publicHeaders = { 'cache-control': 'no-cache' } as const

/** The API reference: `/openapi.json` for programs, `/docs` for people. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  // Built by the first request: it takes 40 ms, which no start should wait for.
  let document: string | null = null
  app.get('/openapi.json', (_, reply) => {
    document ??= JSON.stringify(openApiDocument())
    return reply.headers(publicHeaders).type('application/json').send(document)
  })
  app.get('/docs', (_, reply) =>
    reply
      .headers(publicHeaders)
      .header('content-security-policy', contentSecurityPolicy)
      .type('text/html; charset=utf-8')
      .send(page),
  )
  app.get('/docs/start.js', (_, reply) =>
    reply.headers(publicHeaders).type('text/javascript; charset=utf-8').send(start),
  )
  await app.register(fastifyStatic, {
    root: assets,
    prefix: '/docs/assets/',
    decorateReply: false,
    index: false,
    allowedPath: (path) => shown.includes(path.replace(/^\//, '')),
  })
}
