import type { Cancellation, CancellationId } from '@hedgepayments/contract'
import type { CancellationRow } from '../database/schema.ts'

/** The cancellation as the API shows it. */
export function renderCancellation(row: CancellationRow): Cancellation {
  return {
    id: row.id as CancellationId,
    object: 'cancellation',
    livemode: row.livemode,
    status: row.status,
    dry_run: row.dry_run,
    reason: row.reason,
    filter: row.filter,
    total: row.selected ? row.total : null,
    processed: row.processed,
    canceled: row.canceled,
    refused: row.refused,
    not_found: row.not_found,
    created_at: row.created_at,
    updated_at: row.updated_at,
    completed_at: row.completed_at,
  }
}
