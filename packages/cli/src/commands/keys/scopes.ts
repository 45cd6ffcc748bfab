import type { ApiKey } from '@hedgepayments/node'
import { scopes } from '../../options/values.ts'

/** A key's scopes for people: `all`, or their names. */
export function scopesOf({ scopes: granted }: Pick<ApiKey, 'scopes'>): string {
  return scopes.every((scope) => granted.includes(scope)) ? 'all' : granted.join(' ')
}
