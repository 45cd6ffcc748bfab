import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { base } from './addresses.ts'

/** Files with a hash of their content in their names, so that browsers may keep them forever. */
export class Assets {
  readonly #folder: string

  /** @param output the folder of the built site. */
  constructor(output: string) {
    this.#folder = join(output, 'assets')
    mkdirSync(this.#folder, { recursive: true })
  }

  /** Writes a file. @returns its address on the server. */
  add(fileName: string, content: string | Uint8Array): string {
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10)
    const { name, ext } = parse(fileName)
    writeFileSync(join(this.#folder, `${name}-${hash}${ext}`), content)
    return `${base}/assets/${name}-${hash}${ext}`
  }
}
