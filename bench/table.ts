import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Results, wanted } from './machinery/report.ts'
import { type Figure, reaches, type Target } from './machinery/target.ts'

// `node bench/table.ts`: writes the results of the last full run into README.md, between its marks.

const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->']
const readme = join(import.meta.dirname, '../README.md')
const file = join(import.meta.dirname, 'results', 'full.json')

const results = JSON.parse(await readFile(file, 'utf8')) as Results
const text = await readFile(readme, 'utf8')
const [before, rest] = text.split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined)
  throw new Error(`README.md lacks ${begin} … ${end}`)
await writeFile(readme, `${before}${begin}\n${render(results)}${end}${after}`)

function render({
  at,
  commit,
  versions,
  machine,
  payments,
  comparisons,
  figures,
}: Results): string {
  const { cores, model, memoryGiB } = machine
  return [
    `Measured ${at.slice(0, 10)} at ${commit} on ${cores} cores (${model}), ${memoryGiB} GiB, with`,
    `Node ${versions.node}, PostgreSQL ${versions.postgresql}, fsync on and`,
    `${payments.toLocaleString('en')} payments. Repeat it: \`npm run bench\`.`,
    '',
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
    '| measured | | | wanted |',
    '|---|---|---|---|',
    ...figures.map((figure) => row(figure.name, shown(figure), figure.unit, figure.target)),
    '',
  ].join('\n')
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
