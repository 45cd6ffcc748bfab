import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuse, refuseField } from '../http/answers/refusal.ts'
import { send } from '../http/answers/send.ts'
import { readBody } from '../http/bodies/read-body.ts'
import { readSingleHeaders } from '../http/request/headers.ts'
import type { Processor, ProcessorAccount, Processors } from './interface/processor.ts'

/** Told which payment a processor has news of. */
export type OnNotice = (notice: { account: ProcessorAccount; paymentId: string }) => Promise<void>

/** Whom a message is for. */
interface Receiver {
  readonly account: ProcessorAccount
  readonly processor: Processor
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The processor and account that a message's path names, once they were found. */
    processorOf: Receiver | null
  }
}

interface Params {
  readonly processor: string
  readonly merchant: string
  readonly mode: string
}

const operation = operations.receiveProcessorMessage

/** Where processors send their messages. Signatures are over bytes, so bodies come as they are. */
export async function processorWebhookRoute(
  app: FastifyInstance,
  on: { processors: Processors; onNotice: OnNotice },
): Promise<void> {
  await app.register((raw, _options, done) => {
    raw.removeAllContentTypeParsers()
    raw.addContentTypeParser('*', readBody)
    raw.decorateRequest('processorOf', null)
    raw.post<{ Params: Params }>(
      operation.path,
      {
        config: { operation },
        bodyLimit: operation.bodyBytesMax,
        // Before the body is read: nothing is kept for a message to nobody.
        onRequest: async (request: FastifyRequest<{ Params: Params }>, reply: FastifyReply) => {
          request.processorOf = await findProcessor(on.processors, request.params)
          return request.processorOf ? undefined : send(reply, nobody())
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
): Promise<Receiver | null> {
  if (!isId('merchant', merchantId) || (mode !== 'test' && mode !== 'live')) return null
  const account = { merchantId, livemode: mode === 'live' }
  const processor = await processors.forSent(account, name).catch(() => null)
  return processor && { account, processor }
}

async function receive(
  { onNotice }: { onNotice: OnNotice },
  request: FastifyRequest,
): Promise<Reply> {
  if (!request.processorOf) return nobody()
  const { account, processor } = request.processorOf
  // The real time: a test clock that is ahead does not make the processor's messages old.
  const { now } = request
  const notice = await processor.noticeFromWebhook({
    headers: readSingleHeaders(request),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    now,
  })
  if (notice.kind === 'rejected') {
    return refuseField('signature', undefined, `a genuine message: ${notice.reason}`)
  }
  if (notice.kind === 'look' && isId('payment', notice.paymentId)) {
    await onNotice({ account, paymentId: notice.paymentId })
  }
  return answer(200, { received: true })
}

function nobody(): Reply {
  return refuse('not_found', 'There is no such processor here.')
}
