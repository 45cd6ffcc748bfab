import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Results, wanted } from './machinery/report.ts'
import { type Figure, reaches, type Target } from './machinery/target.ts'

// `npm run bench:table`: writes the results of the last full run into README.md, between its marks,
// and those of the last run of growth below them.

const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->']
const readme = join(import.meta.dirname, '../README.md')

const full = await read('full')
if (!full) throw new Error('there is no full run: npm run bench')
const growth = await read('growth')
const text = await readFile(readme, 'utf8')
const [before, rest] = text.split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined)
  throw new Error(`README.md lacks ${begin} … ${end}`)
const rendered = [full, growth].filter((results) => results !== null).map(render)
await writeFile(readme, `${before}${begin}\n${rendered.join('\n')}${end}${after}`)

async function read(name: string): Promise<Results | null> {
  const file = join(import.meta.dirname, 'results', `${name}.json`)
  const text = await readFile(file, 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as Results)
}

function render({ at, commit, versions, machine, ...results }: Results): string {
  const { cores, model, memoryGiB, loadBefore } = machine
  const { suites, payments, comparisons, figures } = results
  const isGrowth = suites.includes('growth')
  return [
    `Measured ${at.slice(0, 10)} at ${commit} on ${cores} cores (${model}), ${memoryGiB} GiB, load before`,
    `${loadBefore}, with Node ${versions.node}, PostgreSQL ${versions.postgresql}, fsync on` +
      (isGrowth ? '.' : ` and ${payments.toLocaleString('en')} payments.`),
    `Repeat it: \`npm run bench${isGrowth ? ' -- --only growth' : ''}\`.`,
    '',
    ...comparisonRows(comparisons),
    '| measured | | | wanted |',
    '|---|---|---|---|',
    ...figures.map((figure) => row(figure.name, shown(figure), figure.unit, figure.target)),
    '',
  ].join('\n')
}

function comparisonRows(comparisons: Results['comparisons']): string[] {
  if (comparisons.length === 0) return []
  return [
    '| compared | median ratio | range | wanted |',
    '|---|---|---|---|',
    ...comparisons.map(({ name, ratio, target }) =>
      row(
        name,
        verdict(ratio.median, target),
        `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`,
        target,
      ),
    ),
    '',
  ]
}

function row(name: string, value: string, more: string, target: Target | null): string {
  return `| ${name} | ${value} | ${more} | ${wanted(target).replace(', wanted ', '')} |`
}

function verdict(value: number, target: Target | null): string {
  const text = `${value.toFixed(2)}×`
  return target && !reaches(value, target) ? `${text} (missed)` : text
}

function shown({ value, target }: Figure): string {
  const text = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
  return target && !reaches(value, target) ? `${text} (missed)` : text
}
