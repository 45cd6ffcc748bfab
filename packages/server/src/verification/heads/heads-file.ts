import { readFile, writeFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'

const Head = Type.Object({
  merchant_id: Type.String(),
  livemode: Type.Boolean(),
  /** The number of the last seal: a 64-bit number. */
  number: Type.String({ pattern: '^[1-9][0-9]*$' }),
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
  readonly code: 'file_exists' | 'no_heads'

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

/** @throws {HeadsFileError} if the file exists, or its folder does not. */
export async function writeHeadsFile(path: string, file: HeadsFile): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'it exists, and an exported head is never replaced' : code
    throw new HeadsFileError('file_exists', `Cannot write ${path}: ${reason}.`)
  }
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
