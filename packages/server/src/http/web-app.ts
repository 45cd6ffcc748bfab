import { readFile } from 'node:fs/promises'
import { send as sendFile } from '@fastify/send'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { send } from './answers/send.ts'
import { refuseUnknownRoute } from './unknown-route.ts'

/** Files whose names contain a hash of their content. */
export interface WebAssets {
  /** The folder of the build, with `assets` in it. Ends with a slash. */
  readonly folder: string
  /** The path of the files, for example `/pay/assets/`. */
  readonly assetsPath: string
  /** Headers of the pages and the files. */
  readonly headers: Readonly<Record<string, string>>
}

/** A built web app: one page, `index.html`, and its files. */
export interface WebApp extends WebAssets {
  /** Paths that show the page. The browser routes below them. */
  readonly pagePaths: readonly string[]
  /** Headers of the page for a request, instead of `headers`. */
  readonly pageHeaders?: (request: FastifyRequest) => Promise<Readonly<Record<string, string>>>
  readonly pageCacheControl: 'no-cache' | 'no-store'
  /** Is shown instead of the page if the app was not built. */
  readonly notBuilt: string
}

/** Serves the page and the files of a web app. Answers 503 to its paths if it was not built. */
export function serveWebApp(app: FastifyInstance, webApp: WebApp): void {
  serveAssets(app, webApp)
  for (const path of webApp.pagePaths) {
    app.get(path, (request, reply) => sendPage(request, reply, webApp))
  }
}

/** A file of a build. Without segments such as `..`, so that no name leaves the folder. */
const fileName = /^[\w-]+(?:\.[\w-]+)*$/

/** Serves files that browsers may keep for a year. */
export function serveAssets(app: FastifyInstance, assets: WebAssets): void {
  const options = { root: `${assets.folder}assets`, index: false, immutable: true, maxAge: '365d' }
  app.get<{ Params: { '*': string } }>(`${assets.assetsPath}*`, async (request, reply) => {
    const name = request.params['*']
    if (!fileName.test(name)) return send(reply, refuseUnknownRoute(request))
    const file = await sendFile(request.raw, `/${name}`, options)
    if (file.statusCode === 404 || file.type === 'directory')
      return send(reply, refuseUnknownRoute(request))
    return reply
      .code(file.statusCode)
      .headers(file.headers)
      .headers(assets.headers)
      .send(file.stream)
  })
}

async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  webApp: WebApp,
): Promise<FastifyReply> {
  const page = await readFile(`${webApp.folder}index.html`).catch(() => null)
  const headers = (await webApp.pageHeaders?.(request)) ?? webApp.headers
  reply.headers(headers).header('cache-control', webApp.pageCacheControl)
  if (page === null) return reply.code(503).type('text/plain; charset=utf-8').send(webApp.notBuilt)
  return reply.type('text/html; charset=utf-8').send(page)
}
