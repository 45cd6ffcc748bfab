import type { FastifyInstance } from 'fastify'
import { serveWebApp } from '../../http/web-app.ts'
import { webFolder } from '../../http/web-folder.ts'
import { pageHeaders } from './page-headers.ts'
import type { PageRequest } from './page-requests.ts'

/** The paths of the page. */
export const pagePaths = ['/pay/:id', '/checkout/:id']

const notBuilt = 'The payment page is not built: run npm run prepare, then reload.\n'

/** Serves the page and its files. The page reads its session or payment from its API. */
export async function pageFiles(
  app: FastifyInstance,
  headersOf: (request: PageRequest) => Promise<Readonly<Record<string, string>>>,
): Promise<void> {
  serveWebApp(app, {
    folder: webFolder('checkout'),
    assetsPath: '/pay/assets/',
    pagePaths,
    headers: pageHeaders,
    pageHeaders: (request) => headersOf(request as PageRequest),
    pageCacheControl: 'no-store',
    notBuilt,
  })
}
