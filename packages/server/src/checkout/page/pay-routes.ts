import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parsePaymentToken } from '../../domain/payment-token.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import { addressOf } from '../../http/request/client-address.ts'
import { readHeader } from '../../http/request/headers.ts'
import type { Acceptance, SubmissionDependencies } from '../../payments/submit/submission.ts'
import { readToken } from '../../processors/payment-token.ts'
import { answerChallenge } from '../../processors/sandbox/challenge.ts'
import { isUndecided, type PayableSubject } from '../link/subject.ts'
import { isConfirmation, isPayOrder, isTestSource } from './page-input.ts'
import type { PageRequest, PageRequests } from './page-requests.ts'
import { challengeSecret, methodsOf } from './page-state.ts'
import { checkConfirmation, pay } from './pay.ts'

interface PayContext {
  readonly dependencies: SubmissionDependencies
  readonly requests: PageRequests
}

/** Handles a request of the page. `null`: the answer is the new state of the page. */
type PayStep = (
  context: PayContext,
  subject: PayableSubject,
  request: PageRequest,
) => Promise<Reply | null>

/**
 * The requests of the page that may change something. A page that offers no payment method, as in live
 * mode without a processor, answers them with 404. A decided payment is answered with its state.
 */
export function payRoutes(app: FastifyInstance, context: PayContext): void {
  const post = (name: string, step: PayStep) =>
    app.post(`/pay/api/:id/${name}`, (request: PageRequest, reply) =>
      context.requests.withSubject(request, reply, async (subject) => {
        const isOpen = isUndecided(subject)
        if (isOpen && methodsOf(subject).length === 0) return notPayable()
        const refused = isOpen && (await step(context, subject, request))
        return refused || (await context.requests.currentState(request.params.id))
      }),
    )
  post('tokens', async (_, { form }, { body }) =>
    form?.type === 'own_fields' ? createToken(body) : notPayable(),
  )
  post('pay', payOrder)
  post('confirm', confirm)
  post('check', async ({ dependencies }, { payment, now }) =>
    payment?.next_action_url ? await checkConfirmation(dependencies, payment, now) : null,
  )
}

/** Creates the token of the number of a test card or test account. */
function createToken(body: unknown): Reply {
  if (!isTestSource(body)) return numberRefused()
  const given = body.type === 'card' ? body.number : `${body.routing_number}:${body.account_number}`
  const read = readToken(given, { livemode: false })
  return 'token' in read ? answer(200, { token: read.token }) : numberRefused()
}

const payOrder: PayStep = async ({ dependencies }, subject, request) => {
  const { body } = request
  if (!isPayOrder(body)) return orderRefused()
  const { method, email = null } = body
  if (!methodsOf(subject).includes(method)) {
    return refuseField('method', method, 'one of those that the page offers')
  }
  const read = parsePaymentToken(body.token)
  if ('fault' in read) return orderRefused()
  const accepted = method === 'ach' ? { acceptance: acceptanceOf(request) } : {}
  return await pay(dependencies, subject, { method, token: read.token, email, ...accepted })
}

/** Longer than the user agents of browsers, and short enough to be stored and sent to a processor. */
const userAgentLengthMax = 500

/** Where the customer accepts the mandate, whose text the page shows at the button that pays. */
export function acceptanceOf(request: Pick<FastifyRequest, 'ip' | 'socket' | 'raw'>): Acceptance {
  const userAgent = readHeader(request, 'user-agent') || 'unknown'
  return { ipAddress: addressOf(request), userAgent: userAgent.slice(0, userAgentLengthMax) }
}

const confirm: PayStep = async ({ dependencies }, { payment, now }, { body }) => {
  if (!isConfirmation(body)) return refuseField('confirmed', undefined, 'true or false')
  const secret = challengeSecret(payment)
  // The challenge was answered already, or the payment was canceled: the answer is the current state.
  if (!payment || secret === null) return null
  const wanted = body.confirmed ? 'confirm' : 'refuse'
  await answerChallenge(dependencies.db, { secret, wanted, now })
  return await checkConfirmation(dependencies, payment, now)
}

/** Does not quote the input: it may be a real card number. */
function numberRefused(): Refusal {
  return refuseField('number', 'something else', 'the number of a test card or test account')
}

/** Does not quote the input: a card number may be in the place of the token. */
function orderRefused(): Refusal {
  const expected = 'a method, a token and, if the page requires it, an e-mail address'
  return refuseField('order', 'something else', expected)
}

function notPayable(): Refusal {
  return refuse('not_found', 'This page takes no payment details.')
}
