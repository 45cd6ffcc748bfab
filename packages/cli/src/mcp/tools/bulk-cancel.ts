import { setTimeout as sleep } from 'node:timers/promises'
import type { Cancellation, CancellationCreateParams } from '@hedgepayments/node'
import { z } from 'zod'
import { usageError } from '../../exit-codes.ts'
import { countOf, formatCount } from '../../output/format.ts'
import { filterOf, filterShape, paymentId, reason } from '../arguments.ts'
import { type Change, readChange } from '../change.ts'
import type { Pin } from '../confirmations.ts'
import { timeOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import {
  attemptTimeoutMs,
  defineTool,
  type Outcome,
  readOnly,
  readOptions,
  type ToolContext,
} from '../tool.ts'

/** The most ids in one call. For more payments, use a filter. */
const idsMax = 1_000

const shape = {
  payment_ids: z.array(paymentId).min(1).max(idsMax).optional().describe('Exactly these payments.'),
  all: z.literal(true).optional().describe('All payments that can be canceled.'),
  ...filterShape,
  reason,
}
const input = z.object(shape)
type Args = z.output<typeof input>

/** `bulk_cancel`, and its dry run. */
export const bulkCancel: Change<typeof shape> = {
  name: 'bulk_cancel',
  title: 'Cancel many payments',
  description:
    'Cancels the payments with these ids, or those that match the filter and can be canceled. ' +
    'The run takes place on the server: follow a long one with get_bulk_cancel.',
  shape,
  async plan(context, args) {
    const { cancellations } = context.session.hedge
    const params = { ...paramsOf(args, {}), dry_run: true }
    const count = await cancellations.create(params, { timeout: attemptTimeoutMs })
    const isPossible = count.canceled > 0
    // The clock of test mode can be ahead of the server's, so only live mode has this limit.
    const isLimited = count.livemode && args.payment_ids === undefined
    const createdUntil = isLimited ? count.created_at : undefined
    const found = isPossible ? countOf(count.canceled, 'payment') : 'No payment'
    const limit =
      createdUntil && isPossible
        ? `Payments created after ${timeOf(createdUntil)} would not be canceled.`
        : ''
    return {
      isPossible,
      pin: { createdUntil },
      text: [`${found} would be canceled for good.`, ...othersOf(count), limit]
        .filter((line) => line !== '')
        .join('\n'),
      data: { would_cancel: count.canceled, refused: count.refused, not_found: count.not_found },
    }
  },
  async execute(context, args, { pin, options }) {
    const { idempotencyKey, timeout } = options
    const { cancellations } = context.session.hedge
    const request = cancellations.create(paramsOf(args, pin), { idempotencyKey, timeout })
    const { answer, isReplayed, replayText } = await readChange(request)
    const { text, data } = await show(context, await follow(context, answer))
    return { text: `${text}${replayText}`, data: { ...data, replayed: isReplayed } }
  },
}

/** `get_bulk_cancel`: the progress of a run. */
export const getBulkCancel = defineTool({
  name: 'get_bulk_cancel',
  title: 'Get a bulk cancel',
  description: 'Shows the progress of a bulk cancel, and the payments that it did not cancel.',
  annotations: readOnly,
  input: z.strictObject({ cancellation_id: paymentId.describe('The id of the run, can_…') }),
  async run(context, { cancellation_id: id }) {
    const { cancellations } = context.session.hedge
    return await show(context, await cancellations.retrieve(id, readOptions(context)))
  },
})

function paramsOf(args: Args, { createdUntil }: Pin): CancellationCreateParams {
  const { payment_ids, all, reason: why, ...rest } = args
  const isFiltered = Object.values(rest).some((value) => value !== undefined)
  const ways = [payment_ids !== undefined, all === true, isFiltered].filter(Boolean).length
  if (ways !== 1) {
    throw usageError('Expected exactly one of: payment_ids, a filter (such as status), all: true.')
  }
  if (payment_ids) return { payment_ids, reason: why }
  const filter = filterOf(rest)
  const created_at = createdUntil ? { ...filter.created_at, lte: createdUntil } : filter.created_at
  return { filter: { ...filter, created_at }, reason: why }
}

/** The polls of a run: at most ten seconds in total, because MCP clients wait for a minute at most. */
const polls = { max: 12, firstMs: 50, longestMs: 1_000 }

/** Waits for the end of a short run. */
async function follow({ session }: ToolContext, started: Cancellation): Promise<Cancellation> {
  let run = started
  let waitMs = polls.firstMs
  for (let poll = 0; poll < polls.max && isInProgress(run); poll++) {
    await sleep(waitMs)
    waitMs = Math.min(waitMs * 2, polls.longestMs)
    run = await session.hedge.cancellations.retrieve(run.id, { timeout: attemptTimeoutMs })
  }
  return run
}

const isInProgress = (run: Cancellation) => run.status === 'pending' || run.status === 'running'

/** Limit of refused payments in a result. The API lists all of them. */
const refusedMax = 20

async function show(context: ToolContext, run: Cancellation): Promise<Outcome> {
  const { cancellations } = context.session.hedge
  const hasRefused = run.refused > 0 && !run.dry_run
  const refused = hasRefused
    ? (
        await cancellations.results(
          run.id,
          { outcome: 'refused', limit: refusedMax },
          readOptions(context),
        )
      ).data
    : []
  const lines = [
    `${modeOf(run)}: run ${run.id} is ${run.status}. ${countOf(run.canceled, 'payment')} canceled.`,
    ...othersOf(run),
    ...refused.map(
      ({ payment_id, current_status }) => `Not canceled: ${payment_id}, ${current_status}.`,
    ),
  ]
  if (isInProgress(run)) {
    lines.push(`${formatCount(run.processed)} done so far. Follow it with get_bulk_cancel.`)
  }
  return { text: lines.join('\n'), data: { cancellation: run, refused } }
}

function othersOf({ refused, not_found }: Cancellation): string[] {
  return [
    ...(refused > 0 ? [`${countOf(refused, 'payment')} can no longer be canceled.`] : []),
    ...(not_found > 0 ? [`${countOf(not_found, 'id')} not found.`] : []),
  ]
}
