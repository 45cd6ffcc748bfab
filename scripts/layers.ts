// `npm run layers`: checks that the server's folders import only downward in the list of ARCHITECTURE.md.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { parseLayers, sourceGlob, violations } from './layer-rules.ts'

const root = join(import.meta.dirname, '..')
const sources = join(root, 'packages/server/src')

const layers = parseLayers(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))
const files = new Map(
  globSync(sourceGlob, { cwd: sources }).map((path) => [
    path.split(sep).join(posix.sep),
    readFileSync(join(sources, path), 'utf8'),
  ]),
)
const found = violations(layers, files)
for (const violation of found) console.error(violation)
const folders = new Set([...files.keys()].map((path) => dirname(path)))
const where = relative(process.cwd(), sources) || '.'
console.log(`${where}: ${files.size} files in ${folders.size} folders, ${found.length} violations`)
process.exitCode = found.length === 0 ? 0 : 1
