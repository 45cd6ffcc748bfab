import type { AuditAction, MerchantId } from '@hedgepayments/contract'
import { entryInsert } from '../audit/audit.sql.ts'
import { databaseActor, entryOf } from '../audit/record.ts'
import type { Side } from './sides.ts'

/** What an operator has done with the move of a merchant. */
type MoveAction = Extract<AuditAction, `merchant.move${string}`>

/**
 * Adds an entry to the audit log of both modes of a merchant, on the connection that writes, and so in its
 * transaction. An entry of the source before the copy moves along.
 */
export async function recordMove(
  { client, database }: Side,
  merchantId: string,
  { action, details }: { action: MoveAction; details: Readonly<Record<string, unknown>> },
): Promise<void> {
  for (const livemode of [false, true]) {
    const actor = databaseActor('operator', { merchantId: merchantId as MerchantId, livemode })
    const target = { type: 'merchant', id: merchantId } as const
    const statement = entryInsert(entryOf(actor, { action, target, details }))
    const { sql, parameters } = statement.compile(database.db)
    await client.query(sql, [...parameters])
  }
}
