import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../../domain/account.ts'
import { parsePaymentToken } from '../../domain/payment-token.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { isRefusal, type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import { send } from '../../http/answers/send.ts'
import { addressOf, countedAddress } from '../../http/request/client-address.ts'
import type { Submitter } from '../../payments/submit/submission.ts'
import { readToken } from '../../processors/payment-token.ts'
import { answerChallenge } from '../../processors/sandbox/challenge.ts'
import { pageFiles, pageHeaders } from './page-files.ts'
import { PageGuard } from './page-guard.ts'
import { isConfirmation, isPayOrder, isTestSource } from './page-input.ts'
import { PageStreams } from './page-live.ts'
import { challengeSecret, methodsOf, type PageSubject, renderPage } from './page-state.ts'
import { lookAgain, pay } from './pay.ts'
import { findSubject } from './subject.ts'

type PageRequest = FastifyRequest<{ Params: { id: string } }>

/** The hosted payment page and what it asks of the server, all without a key: the link is enough. */
export async function pageRoutes(
  app: FastifyInstance,
  {
    on,
    log,
    refuseLive,
  }: { on: Submitter; log: FastifyBaseLogger; refuseLive: () => Refusal | null },
): Promise<void> {
  const guard = new PageGuard()
  const streams = new PageStreams({ app, db: on.db, log, read })

  await pageFiles(app)

  app.get('/pay/api/:id', (request: PageRequest, reply) =>
    withSubject(request, reply, async (subject) => shown(subject)),
  )

  app.get('/pay/api/:id/live', async (request: PageRequest, reply) => {
    const { id } = request.params
    const refusal = guard.refusalOf(request, id)
    if (refusal) return forPage(reply, refusal)
    const address = countedAddress(addressOf(request))
    const places = await streams.reserve({ id, address }, () => findAccount(request))
    if (isRefusal(places)) return forPage(reply, places)
    streams.add(id, reply.headers(pageHeaders), places)
    return reply
  })

  post('tokens', async (_, body) => tokenOf(body))

  post('pay', async (subject, body) => {
    if (!isPayOrder(body)) return orderRefused()
    const { method, email = null } = body
    if (!methodsOf(subject).includes(method)) {
      return refuseField('method', method, 'one of those that the page offers')
    }
    const read = parsePaymentToken(body.token)
    if ('fault' in read) return orderRefused()
    return await pay(on, subject, { method, token: read.token, email })
  })

  post('confirm', async ({ payment, now }, body) => {
    if (!isConfirmation(body)) return refuseField('confirmed', undefined, 'true or false')
    const { confirmed } = body
    const secret = challengeSecret(payment)
    // Decided already, or canceled meanwhile: the page is told what is true.
    if (!payment || secret === null) return null
    const wanted = confirmed ? 'confirm' : 'refuse'
    await answerChallenge(on.db, { secret, wanted, now })
    return await lookAgain(on, payment, now)
  })

  /**
   * A request that may change something. `null` from `work`: the answer is the page as it is then. A
   * page that offers no way to pay, as every page in live mode, has none of these endpoints.
   */
  function post(
    name: string,
    work: (subject: PageSubject, body: unknown) => Promise<Reply | null>,
  ): void {
    app.post(`/pay/api/:id/${name}`, (request: PageRequest, reply) =>
      withSubject(request, reply, async (subject) => {
        if (methodsOf(subject).length === 0) return notPayable()
        const reply = await work(subject, request.body)
        return reply ?? shown(await findSubject(on.db, request.params.id))
      }),
    )
  }

  async function withSubject(
    request: PageRequest,
    reply: FastifyReply,
    use: (subject: PageSubject) => Promise<Reply>,
  ): Promise<FastifyReply> {
    const { id } = request.params
    const refusal = guard.refusalOf(request, id)
    if (refusal) return forPage(reply, refusal)
    const subject = await find(request)
    return forPage(reply, isRefusal(subject) ? subject : await use(subject))
  }

  async function findAccount(request: PageRequest): Promise<Account | Refusal> {
    const subject = await find(request)
    return isRefusal(subject) ? subject : accountOf(subject)
  }

  async function find(request: PageRequest): Promise<PageSubject | Refusal> {
    const { id } = request.params
    const subject = await guard.find(request, id, () => findSubject(on.db, id))
    if (isRefusal(subject)) return subject
    return (accountOf(subject).livemode ? refuseLive() : null) ?? subject
  }

  async function read(id: string) {
    const subject = await findSubject(on.db, id)
    return subject && renderPage(subject)
  }
}

function shown(subject: PageSubject | null): Reply {
  return subject ? answer(200, renderPage(subject)) : notFound()
}

function forPage(reply: FastifyReply, result: Reply): FastifyReply {
  return send(reply.headers(pageHeaders).header('cache-control', 'no-store'), result)
}

function _livemodeOf(subject: PageSubject): boolean {
  return accountOf(subject).livemode
}

/** The token that stands for the number of a test card or test account. */
function tokenOf(body: unknown): Reply {
  if (!isTestSource(body)) return numberRefused()
  const given = body.type === 'card' ? body.number : `${body.routing_number}:${body.account_number}`
  const read = readToken(given, { livemode: false })
  return 'token' in read ? answer(200, { token: read.token }) : numberRefused()
}

function accountOf({ session, payment }: PageSubject): Account {
  const source = session ?? payment
  return { merchantId: source?.merchant_id ?? '', livemode: source?.livemode ?? true }
}

/** Says nothing of what came: it may be somebody's real card. */
function numberRefused(): Refusal {
  return refuseField('number', 'something else', 'the number of a test card or test account')
}

/** Nor of an order: a number may be where the token should be. */
function orderRefused(): Refusal {
  return refuseField(
    'order',
    'something else',
    'a method, a token and an e-mail where it is asked for',
  )
}

function notPayable(): Refusal {
  return refuse('not_found', 'This page takes no payment details.')
}

function notFound(): Refusal {
  return refuse('not_found', 'There is no such payment page.')
}
