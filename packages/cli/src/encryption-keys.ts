import { ConfigError, readEnvironment } from '@hedgepayments/server/admin'
import { usageError } from './exit-codes.ts'

/**
 * The server's encryption keys in the environment: the current one and, if there is one, the previous one.
 * None: secrets are stored unencrypted.
 *
 * @throws {CliError} if a key is too weak.
 */
export function readEncryptionKeys(): string[] {
  const { HEDGE_ENCRYPTION_KEY, HEDGE_ENCRYPTION_KEY_PREVIOUS } = process.env
  try {
    const values = readEnvironment({ HEDGE_ENCRYPTION_KEY, HEDGE_ENCRYPTION_KEY_PREVIOUS })
    const { HEDGE_ENCRYPTION_KEY: current, HEDGE_ENCRYPTION_KEY_PREVIOUS: previous } = values
    return [current, previous].filter((key) => key !== undefined)
  } catch (error) {
    if (error instanceof ConfigError) throw usageError(error.message)
    throw error
  }
}
