import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answer, type Reply } from '../http/answer.ts'
import { readSingleHeaders } from '../http/headers.ts'
import { refuse, refuseField } from '../http/refusal.ts'
import { send } from '../http/send.ts'
import type { ProcessorAccount, Processors } from './processor.ts'

/** Told which payment a processor has news of. */
export type OnNotice = (notice: { account: ProcessorAccount; paymentId: string }) => Promise<void>

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
    raw.addContentTypeParser<Buffer>(
      '*',
      { parseAs: 'buffer' },
      async (_: FastifyRequest, bytes: Buffer) => bytes,
    )
    raw.post<{ Params: Params }>(
      operation.path,
      { config: { operation } },
      async (request, reply) => send(reply, await receive(on, request)),
    )
    done()
  })
}

async function receive(
  { processors, onNotice }: { processors: Processors; onNotice: OnNotice },
  request: FastifyRequest<{ Params: Params }>,
): Promise<Reply> {
  const { processor: name, merchant: merchantId, mode } = request.params
  if (!isId('merchant', merchantId) || (mode !== 'test' && mode !== 'live')) return nobody()
  const account = { merchantId, livemode: mode === 'live' }
  const processor = await processors.forSent(account, name).catch(() => null)
  if (!processor) return nobody()
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
