import type { Kysely } from 'kysely'
import { createCancellations } from './baseline/cancellations.ts'
import { createCheckout } from './baseline/checkout.ts'
import { createDashboard } from './baseline/dashboard.ts'
import { createEvents } from './baseline/events.ts'
import { createFunctions } from './baseline/functions.ts'
import { createMerchants } from './baseline/merchants.ts'
import { createMoney } from './baseline/money.ts'
import { createOperations } from './baseline/operations.ts'
import { createPayments } from './baseline/payments.ts'
import { createSandbox } from './baseline/sandbox.ts'
import { createTasks } from './baseline/tasks.ts'
import { createWebhooks } from './baseline/webhooks.ts'

/**
 * The whole schema of the first release, an area a file.
 *
 * Ids, keys, codes, statuses and all else that programs compare have `collate "C"`: their order and
 * the speed of their indexes depend on no locale of the database. Texts for people have the
 * database's collation. Times are whole seconds unless a lease or a queue needs more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createFunctions(db)
  await createMerchants(db)
  await createPayments(db)
  await createTasks(db)
  await createEvents(db)
  await createMoney(db)
  await createCancellations(db)
  await createCheckout(db)
  await createWebhooks(db)
  await createSandbox(db)
  await createDashboard(db)
  await createOperations(db)
}
