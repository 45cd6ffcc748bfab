import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import { CopyError } from './copy-error.ts'

/** The list of the tables of an export. It is written last: a folder without it is not complete. */
export const manifestName = 'manifest.json'

const Name = Type.String({ pattern: '^[a-z_][a-z0-9_]*$' })

const Table = Type.Object({
  name: Name,
  columns: Type.Array(Name, { minItems: 1 }),
  rows: Type.Integer({ minimum: 0 }),
  /** A hash of all rows, whatever their order (`tables.sql.ts`). */
  hash: Type.String(),
})

const Sequence = Type.Object({
  name: Name,
  /** A 64-bit number. */
  last: Type.String({ pattern: '^-?[0-9]+$' }),
  isCalled: Type.Boolean(),
})

const Manifest = Type.Object({
  format: Type.Literal(1),
  exportedAt: Type.String(),
  migrations: Type.Array(Type.String()),
  /** In the order in which they are imported: a table follows those that it refers to. */
  tables: Type.Array(Table),
  sequences: Type.Array(Sequence),
})

/** What an export contains. */
export type Manifest = Static<typeof Manifest>
/** A table of an export. */
export type TableCopy = Static<typeof Table>
/** The state of a sequence. */
export type SequenceState = Static<typeof Sequence>

/** How the names of the files with rows end. */
export const fileEnding = '.copy.gz'

/** The name of the file with the rows of a table: PostgreSQL's text format of COPY, compressed. */
export function fileOf({ name }: { readonly name: string }): string {
  return `${name}${fileEnding}`
}

/**
 * Reads the manifest of an export, and a fingerprint of it.
 *
 * @throws {CopyError} if the folder contains no complete export.
 */
export async function readManifest(
  folder: string,
): Promise<{ manifest: Manifest; fingerprint: string }> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => null)
  if (text === null) {
    const message = `${folder} contains no complete export: it has no ${manifestName}.`
    throw new CopyError('no_export', message)
  }
  const manifest = parse(text)
  if (!Check(Manifest, manifest)) {
    const message = `${join(folder, manifestName)} is not the manifest of an export of this version.`
    throw new CopyError('no_export', message)
  }
  return { manifest, fingerprint: createHash('sha256').update(text).digest('hex') }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
