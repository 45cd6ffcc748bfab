import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderPlot } from '../../bench/report/plot.ts'
import { renderTables } from '../../bench/report/table.ts'
import { readDocument } from './markdown.ts'

const root = join(import.meta.dirname, '../..')
const resultsOf = (name: string) =>
  JSON.parse(readFileSync(join(root, `bench/results/${name}.json`), 'utf8'))

test('the plot in the README shows the last complete run of the benchmark', () => {
  const plot = readFileSync(join(root, 'docs/images/benchmark.svg'), 'utf8')
  expect(plot).toBe(renderPlot(resultsOf('full')))
})

test('the tables of results show the last complete run and the last growth run', () => {
  const tables = [resultsOf('full'), resultsOf('growth')].map(renderTables)
  expect(readDocument('bench/RESULTS.md')).toBe(`# Results\n\n${tables.join('\n')}`)
})
