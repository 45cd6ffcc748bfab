import { readFileSync, writeFileSync } from 'node:fs'
import { openApiDocument } from './document.ts'

// Writes openapi.json. With `--check`, fails if openapi.json is out of date.
const file = new URL('../../openapi.json', import.meta.url)
const fresh = `${JSON.stringify(openApiDocument(), null, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(file, fresh)
} else if (readOrEmpty() !== fresh) {
  process.stderr.write('openapi.json is out of date: run `npm run openapi` and commit it.\n')
  process.exitCode = 1
}

function readOrEmpty(): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
