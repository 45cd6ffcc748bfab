import { type Resealed, resealSecrets } from '@hedgepayments/server/admin'
import { readEncryptionKeys } from '../../encryption-keys.ts'
import { CliError, exitCodes, usageError } from '../../exit-codes.ts'
import { withDatabase } from '../../open-database.ts'
import { formatCount } from '../../output/format.ts'
import { toJson } from '../../output/json.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge reseal`. */
export interface ResealOptions extends GlobalOptions {
  database?: string
}

/**
 * Opens the database, seals its secrets with the current key, and prints how many are left.
 *
 * @throws {CliError} if there is no key, or a secret is left.
 */
export async function resealDatabase(options: ResealOptions): Promise<void> {
  const keys = readEncryptionKeys()
  if (keys.length === 0) {
    throw usageError('HEDGE_ENCRYPTION_KEY is not set: it is the key that seals the secrets.')
  }
  await withDatabase(options, async ({ db }) => show(await resealSecrets(db, keys), options))
}

function show({ resealed, left }: Resealed, { json }: GlobalOptions): void {
  const count = resealed.webhook_endpoint + resealed.processor_credentials + resealed.head_key
  if (json) {
    print(toJson({ object: 'reseal', resealed, left, previous_key_is_needed: left.length > 0 }, 2))
  } else {
    print(`${formatCount(resealed.webhook_endpoint).padStart(8)}  webhook endpoints sealed again`)
    print(
      `${formatCount(resealed.processor_credentials).padStart(8)}  credentials of processors sealed again`,
    )
    print(`${formatCount(resealed.head_key).padStart(8)}  keys of heads sealed again`)
    print(`${formatCount(left.length).padStart(8)}  left`)
    for (const { kind, id, reason } of left) print(`          ${kind} ${id}: ${reason}`)
  }
  if (left.length > 0) {
    const message = `${formatCount(left.length)} stored secrets cannot be read: keep the old key.`
    throw new CliError(exitCodes.error, 'secrets_left', message)
  }
  if (!json) {
    print(
      count === 0
        ? 'Every secret was sealed with HEDGE_ENCRYPTION_KEY before.'
        : 'Every secret is sealed with HEDGE_ENCRYPTION_KEY now.',
    )
    print('Once every server uses it, remove HEDGE_ENCRYPTION_KEY_PREVIOUS.')
  }
}
