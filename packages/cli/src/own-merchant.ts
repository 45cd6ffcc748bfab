import { CliError, exitCodes } from './exit-codes.ts'
import type { Session } from './session.ts'

/** The id of the key's merchant: every merchant has keys, and each key names its merchant. */
export async function ownMerchantId({ hedge }: Session): Promise<string> {
  const [key] = (await hedge.apiKeys.list({ limit: 1 })).data
  if (key) return key.merchant_id
  throw new CliError(exitCodes.notFound, 'no_merchant', 'The key has no merchant: pass its id.')
}
