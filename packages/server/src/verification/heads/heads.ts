import type { Db } from '../../database/db.ts'
import { type Check, countOf, fail, ok, warn } from '../../diagnosis/engine/check.ts'
import { listHeadKeys } from '../../seals/head-keys.sql.ts'
import { type HeadSigner, isSignatureOf } from '../../seals/head-keys.ts'
import { sealAll } from '../../seals/seal.ts'
import { findSealHashes, listHeads } from './heads.sql.ts'
import { type ExportedHead, readHeadsFile, signedText, writeHeadsFile } from './heads-file.ts'

/**
 * Seals what has settled, and writes the heads of the chains into a new file, signed by the key of this
 * deployment.
 *
 * @throws {HeadsFileError} if the file exists or cannot be written.
 */
export async function exportHeads(
  db: Db,
  options: { path: string; merchantId: string | null; signer: HeadSigner },
): Promise<Check> {
  const { signer } = options
  await sealAll(db)
  const content = {
    object: 'verification_heads',
    version: 1,
    exported_at: new Date().toISOString(),
    key_id: signer.keyId,
    public_key: signer.publicKey,
    heads: await listHeads(db, options.merchantId),
  } as const
  await writeHeadsFile(options.path, { ...content, signature: signer.sign(signedText(content)) })
  const heads = countOf(content.heads.length, 'head')
  const plain = signer.isSealed ? '' : plainKey
  return ok(
    'exported_head',
    `${heads} written to ${options.path}${plain}; the public key is ${signer.publicKey}`,
  )
}

const plainKey =
  '; the private key is stored in plain text, as HEDGE_ENCRYPTION_KEY was not set when it was made'

/** Heads compared by one statement. */
const headsPerStatement = 1_000
const examplesMax = 5

const action =
  'compare the database with a backup of that time: the chain was written anew, or cut off'

/**
 * Checks that the present chains contain the heads of a file, and that the file is genuine.
 *
 * @param options.publicKey the key that must have signed it, in base64. `null`: the file's own key, which
 *   proves less: somebody who writes a new file can sign it with a new key.
 * @throws {HeadsFileError} if the file cannot be read.
 */
export async function checkHeads(
  db: Db,
  options: { path: string; publicKey: string | null },
): Promise<Check> {
  const file = await readHeadsFile(options.path)
  const { public_key: own, signature } = file
  if (options.publicKey !== null && options.publicKey !== own) {
    return fail('head', {
      found: `${options.path} is signed by another key, ${own}`,
      expected: `a file that is signed by ${options.publicKey}`,
      action: 'take the file from where you keep the exported heads',
    })
  }
  if (!isSignatureOf(signedText(file), { publicKey: own, signature })) {
    return fail('head', {
      found: `the signature of ${options.path} is wrong: the file was changed`,
      expected: 'the file as it was exported',
      action: 'take the file from where you keep the exported heads',
    })
  }
  const different = await findDifferent(db, file.heads)
  if (different.length > 0) {
    const examples = different.slice(0, examplesMax).map(nameOf).join(', ')
    return fail('head', {
      found: `${countOf(different.length, 'head')} not in the present chains: ${examples}`,
      expected: `the heads of ${file.exported_at}, in the present chains`,
      action,
    })
  }
  const found = `${countOf(file.heads.length, 'head')} of ${file.exported_at} in the present chains`
  const isOwn = (await listHeadKeys(db)).some(({ public_key: key }) => key === own)
  if (options.publicKey !== null || isOwn) return ok('head', found)
  return warn('head', {
    found: `${found}, but signed by a key that this database does not have`,
    expected: 'a file that is signed by the key of this deployment',
    action: 'give --public-key, the key that the export printed',
  })
}

/** The heads that the present chains do not contain. */
async function findDifferent(db: Db, heads: readonly ExportedHead[]): Promise<ExportedHead[]> {
  const different: ExportedHead[] = []
  for (let start = 0; start < heads.length; start += headsPerStatement) {
    const part = heads.slice(start, start + headsPerStatement)
    const present = new Map(
      (await findSealHashes(db, part)).map(({ position, hash }) => [position, hash]),
    )
    different.push(...part.filter(({ hash }, n) => present.get(n) !== hash))
  }
  return different
}

const nameOf = ({ merchant_id: merchant, livemode, number }: ExportedHead) =>
  `seal ${number} of ${merchant} ${livemode ? 'live' : 'test'}`
