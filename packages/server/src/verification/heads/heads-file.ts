import { access, constants, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'

const Head = Type.Object({
  merchant_id: Type.String(),
  livemode: Type.Boolean(),
  /** The number of the last seal: more digits may not fit into 64 bits. */
  number: Type.String({ pattern: '^[1-9][0-9]{0,17}$' }),
  /** SHA-256, in hexadecimal digits. */
  hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

const HeadsFile = Type.Object({
  object: Type.Literal('verification_heads'),
  version: Type.Literal(1),
  exported_at: Type.String(),
  key_id: Type.String(),
  public_key: Type.String(),
  heads: Type.Array(Head),
  signature: Type.String(),
})

/** The heads of the chains at one time, signed. */
export type HeadsFile = Static<typeof HeadsFile>
/** The last seal of a chain when it was exported. */
export type ExportedHead = Static<typeof Head>

/** Thrown where a file of heads cannot be read or written. The message is a sentence without secrets. */
export class HeadsFileError extends Error {
  readonly code: 'file_exists' | 'not_writable' | 'no_heads'

  constructor(code: HeadsFileError['code'], message: string) {
    super(message)
    this.name = 'HeadsFileError'
    this.code = code
  }
}

/** The text that is signed: everything but the signature, in a fixed order. */
export function signedText(file: Omit<HeadsFile, 'signature'>): string {
  const heads = file.heads.map((head) => [
    ...[head.merchant_id, head.livemode, head.number, head.hash],
  ])
  return JSON.stringify([
    ...[file.object, file.version, file.exported_at, file.key_id, file.public_key],
    heads,
  ])
}

/**
 * Checks early that a file of heads can be written later.
 *
 * @throws {HeadsFileError} if it exists, or its folder does not or is not writable.
 */
export async function requireNewFile(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw notWritten(path, 'EEXIST')
  await access(dirname(path), constants.W_OK | constants.X_OK).catch(
    (error: NodeJS.ErrnoException) => {
      throw notWritten(path, error.code)
    },
  )
}

/** @throws {HeadsFileError} if the file exists, or its folder does not. */
export async function writeHeadsFile(path: string, file: HeadsFile): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx' })
  } catch (error) {
    throw notWritten(path, (error as NodeJS.ErrnoException).code)
  }
}

function notWritten(path: string, code: string | undefined): HeadsFileError {
  const isThere = code === 'EEXIST'
  const reason = isThere ? 'it exists, and an exported head is never replaced' : code
  return new HeadsFileError(
    isThere ? 'file_exists' : 'not_writable',
    `Cannot write ${path}: ${reason}.`,
  )
}

/** @throws {HeadsFileError} if the file cannot be read, or is no file of heads of this version. */
export async function readHeadsFile(path: string): Promise<HeadsFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new HeadsFileError('no_heads', `Cannot read ${path}: ${error.code}.`)
  })
  const file = parse(text)
  if (Check(HeadsFile, file)) return file
  throw new HeadsFileError(
    'no_heads',
    `${path} is no file of hedge verify --export-head of this version.`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
