import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describe } from '../database/errors.ts'
import type { Account } from '../domain/account.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { send } from '../http/answers/send.ts'
import { readBody } from '../http/bodies/read-body.ts'
import { readSingleHeaders } from '../http/request/headers.ts'
import type { Processor, Processors } from './interface/processor.ts'
import { CredentialsMissingError } from './interface/results.ts'

/** Called with the payment that a processor's message is about. */
export type OnNotice = (notice: {
  account: Account
  paymentId: string
  about?: 'dispute'
}) => Promise<void>

/** The processor and account that a message's path names. */
interface MessageTarget {
  readonly account: Account
  readonly processor: Processor
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read. `null`: no processor has this path. */
    messageTarget: MessageTarget | null
  }
}

interface Params {
  readonly processor: string
  readonly merchant: string
  readonly mode: string
}

const operation = operations.receiveProcessorMessage

/** The deadline for reading a message. A processor waits longer for the answer: Stripe for ten seconds. */
const readTimeoutMs = 5_000

/** The route for the processors' webhook messages. Bodies stay unparsed: signatures cover the bytes. */
export async function processorWebhookRoute(
  app: FastifyInstance,
  on: {
    processors: Processors
    onNotice: OnNotice
    /** The refusal of a merchant that is not served here; `null`: it is. */
    refusalOf: (merchantId: string) => Refusal | null
  },
): Promise<void> {
  await app.register((raw, _options, done) => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', readBody)
    raw.decorateRequest('messageTarget', null)
    raw.post<{ Params: Params }>(
      operation.path,
      {
        config: { operation },
        bodyLimit: operation.bodyBytesMax,
        // Before the body is read, so that a message for an unknown processor takes no memory.
        onRequest: async (request: FastifyRequest<{ Params: Params }>, reply: FastifyReply) => {
          // The processor sends the message again. Later it is found by the regular search.
          const refusal = on.refusalOf(request.params.merchant)
          if (refusal) return send(reply, refusal)
          request.messageTarget = await findProcessor(on.processors, request.params)
          return request.messageTarget ? undefined : send(reply, unknownProcessor())
        },
      },
      async (request, reply) => send(reply, await receive(on, request)),
    )
    done()
  })
}

async function findProcessor(
  processors: Processors,
  { processor: name, merchant: merchantId, mode }: Params,
): Promise<MessageTarget | null> {
  if (!isId('merchant', merchantId) || (mode !== 'test' && mode !== 'live')) return null
  const account = { merchantId, livemode: mode === 'live' }
  const processor = await processors.forSent(account, name).catch((error: unknown) => {
    if (error instanceof CredentialsMissingError) return null
    // Another failure is this server's, and the processor sends the message again.
    throw error
  })
  return processor && { account, processor }
}

async function receive(
  { onNotice }: { onNotice: OnNotice },
  request: FastifyRequest,
): Promise<Reply> {
  if (!request.messageTarget) return unknownProcessor()
  const { account, processor } = request.messageTarget
  // The real time, because the processor signs with it. The test clock may be ahead.
  const { now } = request
  const signal = AbortSignal.timeout(readTimeoutMs)
  const message = {
    headers: readSingleHeaders(request),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    now,
    signal,
  }
  const notice = await processor.noticeFromWebhook(message).catch((error: Error) => {
    request.log.warn({ err: describe(error) }, 'a processor’s message could not be read')
    return null
  })
  if (!notice) {
    const text = 'The processor did not say which payment the message is about. Send it again.'
    return refuse('processor_unavailable', text)
  }
  if (notice.kind === 'rejected') {
    return refuseField('signature', undefined, `a genuine message: ${notice.reason}`)
  }
  if (notice.kind === 'look_up' && isId('payment', notice.paymentId)) {
    const { paymentId, about } = notice
    await onNotice({ account, paymentId, ...(about ? { about } : {}) })
  }
  return answer(200, { received: true })
}

function unknownProcessor(): Reply {
  return refuse('not_found', 'Processor not found.')
}
