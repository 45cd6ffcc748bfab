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
import { findHeadKey, type HeadKeyRow, insertHeadKey } from './head-keys.sql.ts'

/** Signs heads by Ed25519. */
export interface HeadSigner {
  readonly keyId: string
  /** The DER of the public key, in base64. */
  readonly publicKey: string
  /** The signature of a text, in base64. */
  readonly sign: (text: string) => string
}

/** Seals the private keys of heads. `keys`: the current encryption key and the previous one. */
export function createHeadKeySealer(keys: readonly string[]): Sealer {
  return createSealer(keys, 'key of heads')
}

/**
 * The signer of this deployment. Makes its key on first use.
 *
 * @throws where the key was sealed by an encryption key that is not among `encryptionKeys`.
 */
export async function openHeadSigner(
  db: Db,
  encryptionKeys: readonly string[],
): Promise<HeadSigner> {
  const sealer = createHeadKeySealer(encryptionKeys)
  const row = (await findHeadKey(db)) ?? (await createHeadKey(db, sealer))
  const der = Buffer.from(sealer.open(row.secret, row.id), 'base64')
  const key: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    keyId: row.id,
    publicKey: row.public_key,
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  }
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
