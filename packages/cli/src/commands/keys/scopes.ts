import { scopes } from '@hedgepayments/contract/values'
import type { ApiKey } from '@hedgepayments/node'

/** A key's scopes for people: `all`, or their names. */
export function scopesOf({ scopes: granted }: Pick<ApiKey, 'scopes'>): string {
  return scopes.every((scope) => granted.includes(scope)) ? 'all' : granted.join(' ')
}
