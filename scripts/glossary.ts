// `npm run glossary [-- folder …]`: finds words that the glossary replaces, in sources, documents and tests.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findWords } from './glossary-rules.ts'

const root = join(import.meta.dirname, '..')
const folders = process.argv.slice(2)
/** The glossary, its test, texts of third parties, and scripts in a shell's own terms. */
const exempt =
  /^(scripts\/glossary|tests\/tree\/glossary|package-lock\.json|LICENSE|packages\/cli\/src\/completion\/scripts\.ts)/
const kinds = /\.(ts|tsx|mjs|js|md|css|html|ya?ml|json)$/

const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...folders], {
  cwd: root,
  encoding: 'utf8',
})
// git also lists files that were deleted and not committed yet.
const paths = [...new Set(list.split('\n'))].filter(
  (path) => kinds.test(path) && !exempt.test(path) && existsSync(join(root, path)),
)
let count = 0
for (const path of paths) {
  for (const { line, rule } of findWords(path, readFileSync(join(root, path), 'utf8'))) {
    console.error(`${path}:${line}: "${rule.name}": write ${rule.instead}`)
    count++
  }
}
console.log(`glossary: ${paths.length} files, ${count} findings`)
process.exitCode = count === 0 ? 0 : 1
