/** Where a table of a cluster is. */
export type Placement =
  /** A copy on every node: small, and read with the rows of every merchant. */
  | 'reference'
  /** On the node of its merchant, beside the other rows of that merchant. */
  | 'distributed'
  /** On the coordinator only: the server's own rows, which belong to no merchant. */
  | 'local'

/**
 * The placement of every table. Tables that others refer to come first, because a foreign key of a
 * distributed table needs a reference table or a distributed table.
 */
export const placements: Readonly<Record<string, Placement>> = {
  merchants: 'reference',
  api_keys: 'reference',
  dashboard_sessions: 'reference',
  test_clocks: 'reference',
  processor_credentials: 'reference',
  merchant_moves: 'reference',
  payments: 'distributed',
  payment_tasks: 'distributed',
  payment_attempts: 'distributed',
  mandate_acceptances: 'distributed',
  events: 'distributed',
  event_hours: 'distributed',
  idempotency_records: 'distributed',
  refunds: 'distributed',
  disputes: 'distributed',
  ledger_transfers: 'distributed',
  ledger_balances: 'distributed',
  processor_sweeps: 'distributed',
  cancellations: 'distributed',
  cancellation_items: 'distributed',
  checkout_sessions: 'distributed',
  webhook_endpoints: 'distributed',
  webhook_deliveries: 'distributed',
  webhook_attempts: 'distributed',
  hourly_stats: 'distributed',
  daily_stats: 'distributed',
  daily_reasons: 'distributed',
  audit_log: 'distributed',
  seals: 'distributed',
  sandbox_payments: 'distributed',
  sandbox_refunds: 'distributed',
  sandbox_answers: 'distributed',
  sandbox_movements: 'distributed',
  sandbox_faults: 'distributed',
  sandbox_planned_failures: 'distributed',
  event_relay: 'local',
  stats_progress: 'local',
  seal_progress: 'local',
  retention_tasks: 'local',
  rate_counts: 'local',
  move_changes: 'local',
  signing_keys: 'local',
  head_keys: 'local',
  cell: 'local',
}
