// `npm run glossary [-- folder …]`: finds words that the glossary replaces, in sources, documents and tests.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { findWords, readTexts } from './glossary-rules.ts'

const root = join(import.meta.dirname, '..')
const folders = process.argv.slice(2)
/** The glossary, its test, texts of third parties, and scripts in a shell's own terms. */
const exempt =
  /^(scripts\/glossary|tests\/tree\/glossary|package-lock\.json|LICENSE|packages\/cli\/src\/completion\/scripts\.ts)/

const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...folders], {
  cwd: root,
  encoding: 'utf8',
})
const paths = [...new Set(list.split('\n'))].filter((path) => path !== '' && !exempt.test(path))
const texts = readTexts(root, paths)
let count = 0
for (const { path, text } of texts) {
  for (const { line, rule } of findWords(path, text)) {
    console.error(`${path}:${line}: "${rule.name}": write ${rule.instead}`)
    count++
  }
}
console.log(`glossary: ${texts.length} files, ${count} findings`)
process.exitCode = count === 0 ? 0 : 1
