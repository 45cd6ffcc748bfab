import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the repository. */
export const root = join(import.meta.dirname, '../../..')

/** Reads a file of the repository. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A secret is long and has no blanks. The name of a secret is shorter. */
export const secretLike = /(?:sk_|pk_|whsec_)[\w-]{8,}|^\s*\S*password\S*[:=]\s*[^$\s]{4,}/im
