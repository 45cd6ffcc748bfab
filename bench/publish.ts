// `npm run bench:publish`: writes the newest results into the documents. The tables of the last whole
// run and of the last run of growth become bench/RESULTS.md, the ratios docs/images/benchmark.svg.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderPlot } from './report/plot.ts'
import type { Results } from './report/results.ts'
import { renderTables } from './report/table.ts'

const full = await read('full')
if (!full) throw new Error('no whole run was made yet: npm run bench')
const growth = await read('growth')
const tables = [full, growth].filter((results) => results !== null).map(renderTables)
await writeFile(join(import.meta.dirname, 'RESULTS.md'), `# Results\n\n${tables.join('\n')}`)
await writeFile(join(import.meta.dirname, '../docs/images/benchmark.svg'), renderPlot(full))

async function read(name: string): Promise<Results | null> {
  const file = join(import.meta.dirname, 'results', `${name}.json`)
  const content = await readFile(file, 'utf8').catch(() => null)
  return content === null ? null : (JSON.parse(content) as Results)
}
