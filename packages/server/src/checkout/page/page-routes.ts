import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { StoppedMerchants } from '../../cells/stopped-merchants.ts'
import { answer } from '../../http/answers/answer.ts'
import { isRefusal, type Refusal } from '../../http/answers/refusal.ts'
import { addressOf, countedAddress } from '../../http/request/client-address.ts'
import type { SubmissionDependencies } from '../../payments/submit/submission.ts'
import { pageFiles, pagePaths } from './page-files.ts'
import { pageHeaders } from './page-headers.ts'
import { type PageRequest, PageRequests, sendForPage } from './page-requests.ts'
import { renderPage } from './page-state.ts'
import { PageStreams } from './page-streams.ts'
import { payRoutes } from './pay-routes.ts'

/** The hosted payment page and its API. They need no API key: the link permits paying. */
export async function pageRoutes(
  app: FastifyInstance,
  {
    dependencies,
    log,
    refuseLive,
    stopped,
  }: {
    dependencies: SubmissionDependencies
    log: FastifyBaseLogger
    refuseLive: () => Refusal | null
    stopped: StoppedMerchants
  },
): Promise<void> {
  const requests = new PageRequests({ dependencies, refuseLive, stopped })
  const streams = new PageStreams({
    app,
    db: dependencies.db,
    log,
    read: (id) => requests.read(id),
    stoppedRefusalOf: (merchantId) => requests.stoppedRefusalOf(merchantId),
  })

  // A customer may have the link of the cell in which the merchant was.
  app.addHook('onRequest', async (request, reply) => {
    if (!pagePaths.includes(request.routeOptions.url ?? '')) return undefined
    const url = await requests.newUrlOf(request as PageRequest)
    return url === null ? undefined : reply.redirect(`${url}${request.url}`, 307)
  })
  await pageFiles(app, (request) => requests.headersOf(request))

  app.get('/pay/api/:id', (request: PageRequest, reply) =>
    requests.withSubject(request, reply, async (subject) => answer(200, renderPage(subject))),
  )

  app.get('/pay/api/:id/live', async (request: PageRequest, reply) => {
    const { id } = request.params
    const refusal = requests.refusalOf(request)
    if (refusal) return sendForPage(reply, refusal)
    const address = countedAddress(addressOf(request))
    const permits = await streams.acquire({ id, address }, () => requests.findAccount(request))
    if (isRefusal(permits)) return sendForPage(reply, permits)
    streams.add(id, reply.headers(pageHeaders), permits)
    return reply
  })

  payRoutes(app, { dependencies, requests })
}
