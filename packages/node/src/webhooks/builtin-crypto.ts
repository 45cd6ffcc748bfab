import { ConfigurationError } from '../errors.ts'

/** The part of `node:crypto` that `verifySync` uses. */
interface BuiltinCrypto {
  createHmac(
    algorithm: 'sha256',
    key: string,
  ): { update(data: Uint8Array): { digest(): Uint8Array } }
  timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean
}

/**
 * The crypto module of Node.js, Bun and Deno. Loaded only when needed, so that the SDK also loads in
 * runtimes without it.
 *
 * @throws {ConfigurationError} if the runtime has no such module.
 */
export function builtinCrypto(): BuiltinCrypto {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: string) => BuiltinCrypto | undefined }
  }
  const found = host.process?.getBuiltinModule?.('node:crypto')
  if (found) return found
  throw new ConfigurationError('this runtime has no node:crypto: await webhooks.verify instead', {
    code: 'invalid_configuration',
  })
}
