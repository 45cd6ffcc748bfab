import { erasedEmail } from '@hedgepayments/contract'
import { databaseActor, recordAudit } from '../audit/record.ts'
import { runTransaction } from '../database/commit.ts'
import type { Database } from '../database/connect.ts'
import type { Db, Tx } from '../database/db.ts'
import { eraseAnswers } from './answers.sql.ts'
import { addChanged, type Changed, type Customer, folded } from './customer.sql.ts'
import { allowErasure } from './guards.sql.ts'
import {
  eraseCancellations,
  erasePayments,
  eraseResponses,
  type FoundPayment,
  findNextOpenPayments,
  findOpenOthers,
  lockNextPayments,
  type OpenObject,
} from './payments.sql.ts'
import { eraseSessions, eraseTestEvents, findNextSessions } from './sessions.sql.ts'

/** Rows of one transaction. It locks the payments for some ten milliseconds. */
const paymentsPerStep = 100
const rowsPerStep = 2_000
/** Objects that are named in a refusal, and further identifiers that are named in a report. */
const namedMax = 20

/** What was erased, or would be. */
export interface Erasure {
  /** Rows that were changed, by table. */
  readonly changed: Changed
  /** Payments that a processor has too, by processor. It keeps data of its own. */
  readonly atProcessors: Readonly<Record<string, number>>
  /** Other addresses and ids of customers in these payments. They may be of the same person. */
  readonly otherIdentifiers: readonly string[]
  /** Objects that were opened while the others were erased. They still have their data. */
  readonly left: readonly OpenObject[]
}

/** A customer whose payments, sessions or bulk cancellations have not all ended. Nothing was changed. */
export class OpenObjectsError extends Error {
  readonly open: readonly OpenObject[]

  constructor(open: readonly OpenObject[]) {
    super('objects of the customer have not ended')
    this.open = open
  }
}

/**
 * Erases the personal data of a customer: what `personal-data.ts` lists. Amounts, statuses, times, the
 * ledger, events and the audit log stay. It goes page by page, each page a transaction with its entry in the audit log, so
 * memory is bounded, servers work on meanwhile, and what stops in between goes on with the next call.
 *
 * @param dryRun counts: each transaction is rolled back.
 * @throws {OpenObjectsError} if something is still open.
 */
export async function eraseCustomer(
  database: Database,
  { customer, dryRun }: { customer: Customer; dryRun: boolean },
): Promise<Erasure> {
  const { db } = database
  const open = await findOpen(db, customer)
  if (open.length > 0) throw new OpenObjectsError(open)
  const report = new Report()
  const run = { db, customer, dryRun, report }
  await inSteps(run, (tx, after) => erasePaymentsStep(tx, { ...run, after }))
  await inSteps(run, (tx, after) => eraseSessionsStep(tx, { customer, after }))
  if (!customer.account.livemode) {
    await inSteps(run, (tx, after) => eraseTestEventsStep(tx, { customer, after }))
  }
  await inSteps(run, async (tx) => ({
    changed: await eraseCancellations(tx, customer),
    next: null,
  }))
  // Last: it finds the answers about what was erased before, also by an earlier call that was stopped.
  await inSteps(run, async (tx, after) => {
    const { changed, next } = await eraseAnswers(tx, { customer, after, limit: rowsPerStep })
    return { changed: { idempotency_records: changed }, next }
  })
  return report.result()
}

/** The first objects of the customer that have not ended. */
async function findOpen(db: Db, customer: Customer): Promise<OpenObject[]> {
  const found = await findOpenOthers(db, { customer, limit: namedMax })
  for (let after: string | null = ''; after !== null && found.length < namedMax; ) {
    const page = await findNextOpenPayments(db, { customer, after, limit: rowsPerStep })
    found.push(...page.open.slice(0, namedMax - found.length))
    after = page.next
  }
  return found
}

interface Run {
  readonly db: Db
  readonly customer: Customer
  readonly dryRun: boolean
  readonly report: Report
}

/** What a step has changed, and where the next one begins; `null`: it was the last. */
interface Step {
  readonly changed: Changed
  readonly next: string | null
  /** For the report, once the step is committed. */
  readonly payments?: readonly FoundPayment[]
}

class RolledBack extends Error {
  readonly step: Step

  constructor(step: Step) {
    super('rolled back')
    this.step = step
  }
}

/** Runs the steps of a pass, each in a transaction with its entry in the audit log. */
async function inSteps(
  { db, customer, dryRun, report }: Run,
  work: (tx: Tx, after: string) => Promise<Step>,
): Promise<void> {
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after
    const step: Step = await rolledBackIf(dryRun, db, async (tx) => {
      await allowErasure(tx)
      const done = await work(tx, from)
      await record(tx, customer, done.changed)
      return done
    })
    report.add(step, customer)
    after = step.next
  }
}

async function rolledBackIf(
  dryRun: boolean,
  db: Db,
  work: (tx: Tx) => Promise<Step>,
): Promise<Step> {
  try {
    return await runTransaction(db, async (tx) => {
      const step = await work(tx)
      if (dryRun) throw new RolledBack(step)
      return step
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.step
    throw error
  }
}

/** Records who has erased how many rows, and nothing of what was in them. */
async function record(tx: Tx, { account }: Customer, changed: Changed): Promise<void> {
  const rows = Object.fromEntries(Object.entries(changed).filter(([, count]) => count > 0))
  if (Object.keys(rows).length === 0) return
  await recordAudit(tx, databaseActor('operator', account), {
    action: 'customer.erased',
    target: { type: 'merchant', id: account.merchantId },
    details: { rows },
  })
}

async function erasePaymentsStep(
  tx: Tx,
  { customer, after }: { customer: Customer; after: string },
): Promise<Step> {
  const { account } = customer
  const found = await lockNextPayments(tx, { customer, after, limit: paymentsPerStep })
  const ended = found.filter((payment) => payment.open_because === null)
  const ids = ended.map(({ id }) => id)
  const sessionIds = ended.flatMap(({ checkout_session_id: id }) => (id === null ? [] : [id]))
  const changed = [
    await erasePayments(tx, { account, ids }),
    await eraseSessions(tx, { account, ids: [...new Set(sessionIds)] }),
    await eraseResponses(tx, { account, subjectIds: [...ids, ...sessionIds] }),
  ].reduce(addChanged)
  const next = found.length === paymentsPerStep ? (found.at(-1)?.id ?? null) : null
  return { changed, next, payments: found }
}

async function eraseSessionsStep(
  tx: Tx,
  { customer, after }: { customer: Customer; after: string },
): Promise<Step> {
  const { account } = customer
  const { ids, next } = await findNextSessions(tx, { customer, after, limit: rowsPerStep })
  const sessions = await eraseSessions(tx, { account, ids })
  const responses = await eraseResponses(tx, { account, subjectIds: ids })
  return { changed: addChanged(sessions, responses), next }
}

async function eraseTestEventsStep(
  tx: Tx,
  { customer, after }: { customer: Customer; after: string },
): Promise<Step> {
  const { account } = customer
  const { events, ids, next } = await eraseTestEvents(tx, { customer, after, limit: rowsPerStep })
  const responses = await eraseResponses(tx, { account, subjectIds: ids })
  return { changed: addChanged({ events }, responses), next }
}

/** Adds up the committed steps. */
class Report {
  #changed: Changed = {}
  readonly #atProcessors: Record<string, number> = {}
  readonly #others = new Set<string>()
  readonly #left: OpenObject[] = []

  add({ changed, payments = [] }: Step, customer: Customer): void {
    this.#changed = addChanged(this.#changed, changed)
    for (const payment of payments) this.#addPayment(payment, customer)
  }

  #addPayment(payment: FoundPayment, { identifiers }: Customer): void {
    const { id, open_because: state, processor } = payment
    if (state !== null) {
      if (this.#left.length < namedMax) this.#left.push({ id, state })
      return
    }
    if (processor !== null) this.#atProcessors[processor] = (this.#atProcessors[processor] ?? 0) + 1
    const given = new Set([...identifiers, ...identifiers.map(folded)])
    for (const other of [folded(payment.customer_email), payment.customer_id]) {
      const isOther = other !== null && other !== erasedEmail && !given.has(other)
      if (isOther && this.#others.size < namedMax) this.#others.add(other)
    }
  }

  result(): Erasure {
    return {
      changed: this.#changed,
      atProcessors: this.#atProcessors,
      otherIdentifiers: [...this.#others],
      left: this.#left,
    }
  }
}
