import { openCredentials } from '../../processors/credentials.ts'
import { Keyring } from '../../sealing/keyring.ts'
import { createSealer } from '../../sealing/sealer.ts'
import { createHeadKeySealer } from '../../seals/head-keys.ts'
import { type Check, countOf, fail, ok, warn } from '../engine/check.ts'
import type { Examined, SealingKeys } from '../engine/examined.ts'
import type { Runner } from '../engine/settings.sql.ts'
import { findSealedCredentials, findSealedEndpoints, findSealedHeadKeys } from './secrets.sql.ts'

/** How many stored secrets each key opens. */
interface Counts {
  current: number
  previous: number
  /** Stored before there was a key. */
  unsealed: number
  /** The rows whose secrets no key opens. */
  readonly closed: string[]
}

/** Something sealed: opens it with the given keys, or throws. */
interface Sealed {
  readonly row: string
  readonly isSealed: boolean
  open(keys: readonly string[]): void
}

/** Checks that every stored secret opens with the keys of the environment. */
export async function checkSecrets({ database, sealingKeys }: Examined): Promise<Check> {
  const name = 'secrets'
  const counts = await countSecrets(database.pool, sealingKeys)
  const { current, previous, unsealed, closed } = counts
  if (closed.length > 0) {
    const key = sealingKeys.current === null ? 'is not set here' : 'is another key'
    return fail(name, {
      found: `${countOf(closed.length, 'secret')} that no key opens, such as that of ${closed[0]}: HEDGE_ENCRYPTION_KEY ${key}`,
      expected: 'keys that open every stored secret',
      action:
        'set HEDGE_ENCRYPTION_KEY, or HEDGE_ENCRYPTION_KEY_PREVIOUS, to the key that sealed them',
    })
  }
  const found = describeCounts(counts)
  if (previous > 0) {
    return warn(name, {
      found,
      expected: 'secrets that open with HEDGE_ENCRYPTION_KEY',
      action: 'run hedge reseal before you remove HEDGE_ENCRYPTION_KEY_PREVIOUS',
    })
  }
  if (unsealed > 0 && sealingKeys.current !== null) {
    return warn(name, {
      found,
      expected: 'secrets that are encrypted',
      action: 'run hedge reseal, which encrypts them',
    })
  }
  return ok(name, current + unsealed === 0 ? 'none stored' : found)
}

function describeCounts({ current, previous, unsealed }: Counts): string {
  const parts = [
    `${countOf(current, 'secret')} with HEDGE_ENCRYPTION_KEY`,
    ...(previous > 0 ? [`${previous} with HEDGE_ENCRYPTION_KEY_PREVIOUS`] : []),
    ...(unsealed > 0 ? [`${unsealed} not encrypted`] : []),
  ]
  return parts.join(', ')
}

async function countSecrets(runner: Runner, keys: SealingKeys): Promise<Counts> {
  const counts: Counts = { current: 0, previous: 0, unsealed: 0, closed: [] }
  for await (const sealed of findSealed(runner)) {
    if (!sealed.isSealed) counts.unsealed++
    else if (opens(sealed, keys.current)) counts.current++
    else if (opens(sealed, keys.previous)) counts.previous++
    else counts.closed.push(sealed.row)
  }
  return counts
}

function opens({ open }: Sealed, key: string | null): boolean {
  if (key === null) return false
  try {
    open([key])
    return true
  } catch {
    return false
  }
}

/** Every sealed secret: those of endpoints of webhooks, the credentials of merchants, the keys of heads. */
async function* findSealed(runner: Runner): AsyncGenerator<Sealed> {
  for await (const { id, secret, old_secret: old } of pages(findSealedEndpoints, runner)) {
    for (const text of old === null ? [secret] : [secret, old]) {
      const open = (keys: readonly string[]) => void createSealer(keys).open(text, id)
      yield { row: id, isSealed: text.startsWith('sealed:'), open }
    }
  }
  for await (const row of pages(findSealedCredentials, runner)) {
    const open = (keys: readonly string[]) =>
      void openCredentials(new Keyring(keys, 'processor credentials'), row)
    yield { row: `the processor of ${row.merchant_id}`, isSealed: true, open }
  }
  for await (const { id, secret } of pages(findSealedHeadKeys, runner)) {
    const open = (keys: readonly string[]) => void createHeadKeySealer(keys).open(secret, id)
    yield { row: `the key ${id}`, isSealed: secret.startsWith('sealed:'), open }
  }
}

async function* pages<T>(
  find: (runner: Runner, after: T | null) => Promise<T[]>,
  runner: Runner,
): AsyncGenerator<T> {
  for (let after: T | null = null; ; ) {
    const page: T[] = await find(runner, after)
    yield* page
    after = page.at(-1) ?? null
    if (after === null) return
  }
}
