import { type Figure, reaches, type Target } from '../method/target.ts'
import { type Results, wanted } from './results.ts'

/** Renders the results of one run as Markdown: the run, its comparisons, its figures. */
export function renderTables({ at, commit, versions, machine, ...results }: Results): string {
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
    ...figures.map((figure) => row(figure.name, figureText(figure), figure.unit, figure.target)),
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
        withVerdict(`${ratio.median.toFixed(2)}×`, ratio.median, target),
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

function figureText({ value, target }: Figure): string {
  const text = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
  return withVerdict(text, value, target)
}

function withVerdict(text: string, value: number, target: Target | null): string {
  return target && !reaches(value, target) ? `${text} (missed)` : text
}
