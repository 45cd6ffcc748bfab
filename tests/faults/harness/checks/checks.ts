import { eventId } from '../../../../packages/server/src/events/event-id.ts'
import { brokenInvariants } from '../../../support/databases/invariants.ts'
import { type Answered, isStored, type Journal } from '../load/journal.ts'
import { type Slot, wasDown } from '../world/fleet.ts'
import type { Hooks } from '../world/hooks.ts'
import {
  doubled,
  lost,
  type PaymentNow,
  type Query,
  readEvents,
  readItems,
  readPayments,
  readRefunds,
  wrong,
} from './books.ts'

/** Something that a payment system must never do. */
export interface Violation {
  /** An acknowledged result is lost, an action was done twice, or records contradict each other. */
  readonly kind: 'lost' | 'doubled' | 'wrong'
  readonly what: string
}

/** What the checks read, once no work is pending. */
export interface Evidence {
  readonly query: Query
  readonly journal: Journal
  readonly hooks: Pick<Hooks, 'accepted' | 'forged'>
  readonly slots: readonly Slot[]
  readonly surprises: readonly string[]
}

/** Rows that a message shows. The first few are enough to understand a violation. */
const shownMax = 3

/** Finds all violations. Call it when no work is pending. */
export async function findViolations(evidence: Evidence): Promise<Violation[]> {
  const { query } = evidence
  return [
    ...(await run(query, 'lost', lost)),
    ...(await run(query, 'doubled', doubled)),
    ...(await run(query, 'wrong', wrong)),
    ...(await findBroken(query)),
    ...(await findLostAnswers(evidence)),
    ...(await findWebhookFaults(evidence)),
    ...findContradictions(evidence),
    ...findServerFaults(evidence),
  ]
}

async function run(
  query: Query,
  kind: Violation['kind'],
  statements: Readonly<Record<string, string>>,
): Promise<Violation[]> {
  const found: Violation[] = []
  for (const [name, text] of Object.entries(statements)) {
    const rows = await query(text)
    if (rows.length > 0) found.push({ kind, what: `not true: ${name}: ${show(rows)}` })
  }
  return found
}

async function findBroken(query: Query): Promise<Violation[]> {
  const broken = await brokenInvariants({ query }, { isAtRest: true })
  return Object.entries(broken).map(([name, rows]) => ({
    kind: /once|twice/.test(name) ? 'doubled' : 'wrong',
    what: `not true: ${name}: ${show(rows)}`,
  }))
}

/** What an answer has acknowledged must stay true. */
async function findLostAnswers({ query, journal }: Evidence): Promise<Violation[]> {
  const payments = await readPayments(query)
  const refunds = await readRefunds(query)
  const items = await readItems(query)
  const found: Violation[] = []
  for (const answer of journal.answered) {
    if (answer.status >= 400) continue
    const difference = describeLoss(answer, { payments, refunds, items })
    if (difference === null) continue
    const what = `${answer.kind} was acknowledged, but ${difference}: ${answer.path} ${answer.key}`
    found.push({ kind: 'lost', what })
  }
  return found
}

interface Records {
  readonly payments: Map<string, PaymentNow>
  readonly refunds: Map<string, { payment_id: string; amount: number }>
  readonly items: Map<string, string>
}

/** How the records differ from an acknowledged answer. `null`: they agree. */
function describeLoss(answer: Answered, { payments, refunds, items }: Records): string | null {
  const { kind, body, key } = answer
  const now = payments.get(body.id)
  switch (kind) {
    case 'create':
      if (!now) return 'there is no such payment'
      return now.create_key === JSON.parse(answer.sent ?? '{}').metadata.create
        ? null
        : `the payment belongs to the create ${now.create_key}`
    case 'cancel':
    case 'cancel by key':
      if (body.object !== 'payment') return null
      return isCanceledAs(now, body) ? null : `the payment is ${show(now)}`
    case 'reverse':
      if (body.reversal === 'canceled') {
        return isCanceledAs(now, body) ? null : `the payment is ${show(now)}`
      }
      return now && ['refunded', 'failed'].includes(now.status) ? null : `it is ${show(now)}`
    case 'refund': {
      const refund = refunds.get(key ?? '')
      return refund?.payment_id === body.id ? null : 'there is no such refund'
    }
    case 'initiate':
      return now && now.status !== 'pending' ? null : `the payment is ${show(now)}`
    case 'bulk': {
      const { payment_ids: ids } = JSON.parse(answer.sent ?? '{}') as { payment_ids: string[] }
      const open = ids.filter((id) => {
        const outcome = items.get(`${body.id} ${id}`)
        return outcome === 'canceled' ? payments.get(id)?.status !== 'canceled' : !outcome
      })
      return open.length === 0 ? null : `it has not processed ${open.join()}`
    }
    case 'retrieve':
      return now ? null : 'there is no such payment'
  }
}

function isCanceledAs(now: PaymentNow | undefined, body: Answered['body']): boolean {
  return (
    now?.status === 'canceled' &&
    now.reason === body.cancellation_reason &&
    now.canceled_at === body.canceled_at
  )
}

/** All answers to one key are the same byte for byte, and all but the first are marked as replayed. */
function findContradictions({ journal }: Evidence): Violation[] {
  const byKey = new Map<string, Answered[]>()
  for (const answer of journal.answered) {
    if (answer.key === null || !isStored(answer)) continue
    byKey.set(answer.key, [...(byKey.get(answer.key) ?? []), answer])
  }
  const changed = [...byKey.values()].filter(
    (answers) =>
      new Set(answers.map(({ status, text }) => `${status} ${text}`)).size > 1 ||
      answers.filter(({ isReplay }) => !isReplay).length > 1,
  )
  const shown = changed.map((answers) => answers.map(({ kind, text }) => `${kind}: ${text}`))
  return some('lost', 'keys have more than one first answer', shown)
}

/** Every event reaches the merchant, and each webhook is a signed event. */
async function findWebhookFaults({ query, hooks }: Evidence): Promise<Violation[]> {
  const events = await readEvents(query)
  const byId = new Map(events.map((event) => [eventId(event.subject_id, event.sequence), event]))
  const missing = [...byId].filter(([id]) => !hooks.accepted.has(id)).map(([, event]) => event)
  const phantoms = [...hooks.accepted].filter(([id, { type, paymentId }]) => {
    return paymentId.startsWith('pay_') && byId.get(id as never)?.type !== type
  })
  return [
    ...some('lost', 'events did not reach the merchant', missing),
    ...some('wrong', 'webhooks have no event', phantoms),
    ...some('wrong', 'webhooks have a wrong signature', hooks.forged),
  ]
}

/** Answers that break the contract, and servers that ended or broke connections by themselves. */
function findServerFaults({ journal, slots, surprises }: Evidence): Violation[] {
  const unexplained = journal.broken.filter(({ slotIndex, fromMs, toMs }) => {
    const slot = slots[slotIndex]
    // Node reports the end of a process a little later than the end of its connections.
    return !slot || !wasDown(slot, fromMs, toMs + exitDelayMaxMs)
  })
  return [
    ...some('wrong', 'connections broke although the server was up', unexplained),
    ...some('wrong', 'answers broke the contract', journal.complaints),
    ...some('wrong', 'servers', surprises),
  ]
}

/** How much later the end of a process may be reported on a busy machine. */
const exitDelayMaxMs = 5_000

function some(kind: Violation['kind'], name: string, found: readonly unknown[]): Violation[] {
  return found.length === 0 ? [] : [{ kind, what: `${found.length} ${name}: ${show(found)}` }]
}

function show(value: unknown): string {
  const few = Array.isArray(value) ? value.slice(0, shownMax) : value
  return JSON.stringify(few)
}
