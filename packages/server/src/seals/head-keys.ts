import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type { Db } from '../database/db.ts'
import { createSealer, type Sealer } from '../sealing/sealer.ts'
import { findHeadKey, type HeadKeyRow, hasSealedSecrets, insertHeadKey } from './head-keys.sql.ts'

/** Signs heads by Ed25519. */
export interface HeadSigner {
  readonly keyId: string
  /** The DER of the public key, in base64. */
  readonly publicKey: string
  /** Whether its private key is encrypted in the database. */
  readonly isSealed: boolean
  /** The signature of a text, in base64. */
  readonly sign: (text: string) => string
}

/** Thrown where the key of heads cannot be made or opened. The message is a sentence without secrets. */
export class HeadKeyError extends Error {
  override readonly name = 'HeadKeyError'
}

/** Seals the private keys of heads. `keys`: the current encryption key and the previous one. */
export function createHeadKeySealer(keys: readonly string[]): Sealer {
  return createSealer(keys, 'key of heads')
}

/**
 * The signer of this deployment. Makes its key on first use.
 *
 * @throws {HeadKeyError} where the key was sealed by an encryption key that is not among `encryptionKeys`,
 *   or where they are empty and it would be the only secret that is not encrypted.
 */
export async function openHeadSigner(
  db: Db,
  encryptionKeys: readonly string[],
): Promise<HeadSigner> {
  const sealer = createHeadKeySealer(encryptionKeys)
  const row = (await findHeadKey(db)) ?? (await createFirstKey(db, encryptionKeys))
  const der = Buffer.from(openSecret(sealer, row), 'base64')
  const key: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    keyId: row.id,
    publicKey: row.public_key,
    isSealed: row.secret.startsWith('sealed:'),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  }
}

function openSecret(sealer: Sealer, { id, secret }: HeadKeyRow): string {
  try {
    return sealer.open(secret, id)
  } catch (error) {
    throw new HeadKeyError(`The key of heads ${id} cannot be opened: ${(error as Error).message}.`)
  }
}

async function createFirstKey(db: Db, encryptionKeys: readonly string[]): Promise<HeadKeyRow> {
  // A command that was run without the server's settings must not store the key in plain text.
  if (encryptionKeys.length === 0 && (await hasSealedSecrets(db))) {
    throw new HeadKeyError(
      'HEDGE_ENCRYPTION_KEY is not set, but secrets in the database are encrypted: the new key of heads would be stored in plain text.',
    )
  }
  return await createHeadKey(db, createHeadKeySealer(encryptionKeys))
}

async function createHeadKey(db: Db, sealer: Sealer): Promise<HeadKeyRow> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const publicDer = publicKey.export({ format: 'der', type: 'spki' })
  const privateDer = privateKey.export({ format: 'der', type: 'pkcs8' })
  const id = `hk_${createHash('sha256').update(publicDer).digest('hex').slice(0, 16)}`
  const secret = sealer.seal(privateDer.toString('base64'), id)
  await insertHeadKey(db, { id, public_key: publicDer.toString('base64'), secret })
  const stored = await findHeadKey(db)
  if (!stored) throw new Error('the key of heads no longer exists')
  return stored
}

/** Whether a signature is that of a text by a public key, both in base64. */
export function isSignatureOf(
  text: string,
  { publicKey, signature }: { publicKey: string; signature: string },
): boolean {
  try {
    const der = Buffer.from(publicKey, 'base64')
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
  } catch {
    // The key or the signature has another form.
    return false
  }
}
