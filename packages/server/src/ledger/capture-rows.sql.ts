/**
 * The CTE that posts captures: the merchant has earned the amounts minus the fees. It writes what
 * `postCapture` does, for a statement that records many captures.
 *
 * @param name a CTE with one row for each payment after its step: `merchant_id`, `livemode`, `id`,
 *   `sequence`, `captured_amount`, `fee`, `currency`, `updated_at`.
 * @returns SQL text.
 */
export function captureTransfers(name: string): string {
  return `posted as (
  insert into ledger_transfers (merchant_id, livemode, payment_id, event_sequence, kind,
    debit_account, credit_account, amount, currency, created_at)
  select merchant_id, livemode, id, sequence, 'capture', 'processor', 'merchant_pending',
    captured_amount, currency, updated_at
  from ${name}
  union all
  select merchant_id, livemode, id, sequence, 'fee', 'merchant_pending', 'fees', fee, currency,
    updated_at
  from ${name} where fee > 0
)`
}
