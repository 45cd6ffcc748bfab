import type { RoundResult } from './round.ts'

/** The results of a run as a table: a line for each fault. */
export function renderTable(results: readonly RoundResult[]): string {
  const head = [
    'fault',
    'rounds',
    'requests',
    'repeated',
    'acknowledged',
    'lost',
    'doubled',
    'wrong',
    'recovered in s',
  ]
  const lines = [...Map.groupBy(results, ({ fault }) => fault)].map(([fault, rounds]) => [
    fault,
    ...counts(rounds),
  ])
  const all = ['all', ...counts(results)]
  const rows = [head, ...lines, all]
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const render = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...lines, rule, all].map(render).join('\n')
}

function counts(rounds: readonly RoundResult[]): string[] {
  const sum = (of: (round: RoundResult) => number) =>
    String(rounds.reduce((total, round) => total + of(round), 0))
  const violations = (kind: string) =>
    sum((round) => round.violations.filter((violation) => violation.kind === kind).length)
  return [
    String(rounds.length),
    sum((round) => round.requests),
    sum((round) => round.repeats),
    sum((round) => round.acknowledged),
    violations('lost'),
    violations('doubled'),
    violations('wrong'),
    medianAndMax(rounds.flatMap((round) => round.recoveredInSeconds)),
  ]
}

function medianAndMax(seconds: readonly number[]): string {
  if (seconds.length === 0) return '-'
  const sorted = [...seconds].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return `${median.toFixed(1)} / ${(sorted.at(-1) ?? 0).toFixed(1)}`
}
