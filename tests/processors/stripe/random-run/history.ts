import type { World } from './world.ts'

/** The statements that show a payment with everything that belongs to it. */
const statements: Readonly<Record<string, string>> = {
  payment: `select id, status, amount, captured_amount, refunded_amount, disputed, settled_at,
      failure_code, cancel_window, capture_method, sequence, processor_reference, created_at
    from payments where id = $1`,
  events: `select sequence, type, to_status, actor_type, reason, created_at from events
    where subject_id = $1 order by sequence`,
  refunds: `select id, amount, status, actor_type, failure_code, processor_reference,
      requested_sequence, answered_sequence, returned_sequence
    from refunds where payment_id = $1 order by requested_sequence`,
  disputes: `select id, processor_reference, amount, fee, status from disputes
    where payment_id = $1 order by id`,
  ledger: `select event_sequence, kind, amount from ledger_transfers
    where payment_id = $1 order by event_sequence`,
  tasks: `select kind, due_at, since, failures, leased_until from payment_tasks where payment_id = $1`,
  calls: `select number, kind, processor_key, outcome, code, message, began_at from payment_attempts
    where payment_id = $1 order by number desc limit 15`,
}

/** Everything that is known about a payment, as a text: its rows, its requests, and what Stripe got. */
export async function historyOf(world: World, paymentId: string): Promise<string> {
  const parts = [`the payment ${paymentId}`]
  for (const [name, statement] of Object.entries(statements)) {
    const rows = await world.sql.query(statement, [paymentId])
    parts.push(`${name}:`, ...rows.map((row) => `  ${JSON.stringify(row)}`))
  }
  const journal = world.journal.of(paymentId).map((line) => `  ${line}`)
  return [...parts, 'what happened:', ...journal].join('\n')
}
