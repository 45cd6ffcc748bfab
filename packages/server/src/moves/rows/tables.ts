/** How the rows of a table move. */
export interface MovedTable {
  /**
   * When the source refuses writes. `early`: from the fence on. `late`: when it has derived what follows from
   * the rows that it has: deliveries, seals, sums.
   */
  readonly guard: 'early' | 'late'
  /** Columns with positions of events, which the move shifts. */
  readonly positions?: readonly string[]
  /** Copied when the source is frozen, and not before: without its keys, nobody reaches a merchant. */
  readonly isLast?: true
}

/** The tables whose rows belong to a merchant and move with it. */
export const movedTables: Readonly<Record<string, MovedTable>> = {
  merchants: { guard: 'early' },
  api_keys: { guard: 'early', isLast: true },
  test_clocks: { guard: 'early' },
  processor_credentials: { guard: 'early' },
  payments: { guard: 'early' },
  payment_tasks: { guard: 'early' },
  payment_attempts: { guard: 'early' },
  mandate_acceptances: { guard: 'early' },
  events: { guard: 'early', positions: ['position'] },
  event_hours: { guard: 'late', positions: ['first_position', 'last_position'] },
  idempotency_records: { guard: 'early' },
  refunds: { guard: 'early' },
  disputes: { guard: 'early' },
  ledger_transfers: { guard: 'early' },
  ledger_balances: { guard: 'late' },
  processor_sweeps: { guard: 'early' },
  cancellations: { guard: 'early' },
  cancellation_items: { guard: 'early' },
  checkout_sessions: { guard: 'early' },
  webhook_endpoints: { guard: 'late', positions: ['replay_from', 'replay_through'] },
  webhook_deliveries: { guard: 'late', positions: ['position'] },
  webhook_attempts: { guard: 'late' },
  hourly_stats: { guard: 'late' },
  daily_stats: { guard: 'late' },
  daily_reasons: { guard: 'late' },
  audit_log: { guard: 'early' },
  seals: { guard: 'late', positions: ['through_position'] },
  sandbox_payments: { guard: 'early' },
  sandbox_refunds: { guard: 'early' },
  sandbox_answers: { guard: 'early' },
  sandbox_movements: { guard: 'early' },
  sandbox_faults: { guard: 'early' },
  sandbox_planned_failures: { guard: 'early' },
}

/** The other tables, and why their rows stay. */
export const leftTables: Readonly<Record<string, string>> = {
  merchant_moves: 'the state of moves from and to this database',
  cell: 'what the servers of this database start with',
  event_relay: 'how far this database is: a move shifts positions behind it',
  move_changes: 'changes at the source that a move still copies',
  stats_progress: 'how far this database is',
  seal_progress: 'how far this database is',
  retention_tasks: 'how far this database is',
  rate_counts: 'the current minute: the merchant begins a new one',
  dashboard_sessions: 'cookies belong to the address of a cell: users sign in again',
  signing_keys: 'client tokens last minutes: the shop gets new ones',
  head_keys: 'the chains move, and files of heads are checked by the key that the export printed',
}

/** The column with the merchant. */
export function merchantColumnOf(table: string): string {
  return table === 'merchants' ? 'id' : 'merchant_id'
}
