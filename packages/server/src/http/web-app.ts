import { readFile } from 'node:fs/promises'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** A built web app: one page, and files whose names contain a hash of their content. */
export interface WebApp {
  /** The folder of its build, with `index.html` and `assets`. Ends with a slash. */
  readonly folder: string
  /** The path of its files, for example `/pay/assets/`. */
  readonly assetsPath: string
  /** Paths that show the page. The browser routes below them. */
  readonly pagePaths: readonly string[]
  /** Headers of the page and its files. */
  readonly headers: Readonly<Record<string, string>>
  readonly pageCacheControl: 'no-cache' | 'no-store'
  /** Is shown instead of the page if the app was not built. */
  readonly notBuilt: string
}

/** Serves the page and the files of a web app. Answers 503 to its paths if it was not built. */
export async function serveWebApp(app: FastifyInstance, webApp: WebApp): Promise<void> {
  await app.register(fastifyStatic, {
    root: `${webApp.folder}assets`,
    prefix: webApp.assetsPath,
    decorateReply: false,
    index: false,
    immutable: true,
    maxAge: '365d',
    setHeaders: (reply) => {
      reply.headers(webApp.headers)
    },
  })
  for (const path of webApp.pagePaths) app.get(path, (_, reply) => sendPage(reply, webApp))
}

async function sendPage(reply: FastifyReply, webApp: WebApp): Promise<FastifyReply> {
  const page = await readFile(`${webApp.folder}index.html`).catch(() => null)
  reply.headers(webApp.headers).header('cache-control', webApp.pageCacheControl)
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(webApp.notBuilt)
  return reply.type('text/html; charset=utf-8').send(page)
}
