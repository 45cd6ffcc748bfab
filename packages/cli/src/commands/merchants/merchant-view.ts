import type { Merchant, MerchantWithKeys } from '@hedgepayments/node'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'

/** A merchant, and its keys if it has just been created. */
export function renderMerchant(merchant: Merchant | MerchantWithKeys): string {
  const keys = 'api_keys' in merchant ? merchant.api_keys : []
  const setting = (value: number | null) => (value === null ? "the server's" : String(value))
  return `${merchant.id}  ${merchant.name}\n${renderFields([
    ['cancel window', `${merchant.default_cancel_window} s`],
    ['fee basis points', setting(merchant.fee_basis_points)],
    ['fee fixed', setting(merchant.fee_fixed)],
    ['API', merchant.api_url],
    ['created', `${formatTime(merchant.created_at)} UTC`],
    ...keys.flatMap((key): [string, string][] => [
      [`${modeOf(key)} publishable key`, key.publishable_key],
      [`${modeOf(key)} secret key`, key.secret_key],
    ]),
  ])}`
}

const modeOf = ({ livemode }: { livemode: boolean }) => (livemode ? 'live' : 'test')
