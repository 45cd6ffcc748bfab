import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Store } from '../database/store.ts'
import type { Comparison } from '../method/rounds.ts'
import type { Spread } from '../method/statistics.ts'
import { type Figure, reaches, type Target } from '../method/target.ts'

/** The results of a run, as written to bench/results/. */
export interface Results {
  readonly at: string
  readonly commit: string
  readonly versions: Readonly<Record<string, string>>
  readonly machine: { cores: number; model: string; memoryGiB: number; loadBefore: number }
  readonly suites: readonly string[]
  readonly payments: number
  readonly pairs: number
  readonly roundSeconds: number
  readonly comparisons: Comparison[]
  readonly figures: Figure[]
}

/** Describes the machine, the versions and the size of a run, without results yet. */
export async function describeRun(
  store: Store,
  given: {
    suites: readonly string[]
    payments: number
    pairs: number
    durationMs: number
    pgbench: string | null
  },
): Promise<Results> {
  const { rows } = await store.pool.query<{ server_version: string }>('show server_version')
  return {
    at: new Date().toISOString(),
    commit: commit(),
    versions: {
      node: process.version,
      postgresql: rows[0]?.server_version ?? 'unknown',
      pgbench: given.pgbench ?? 'not installed: pg in a loop instead',
    },
    machine: {
      cores: cpus().length,
      model: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    },
    suites: given.suites,
    payments: given.payments,
    pairs: given.pairs,
    roundSeconds: given.durationMs / 1000,
    comparisons: [],
    figures: [],
  }
}

/** Writes the results to a file, and creates its folder. */
export async function saveResults(file: string, results: Results): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
}

/** Renders one comparison for the terminal. */
export function lineOf({ name, ratio, aPerSecond, bPerSecond, target, a, b }: Comparison): string {
  const rates = `${a} ${rate(aPerSecond)}, ${b} ${rate(bPerSecond)}`
  return `${mark(ratio.median, target)} ${name}: ${spread(ratio)}  (${rates})`
}

/** Renders one figure for the terminal. */
export function lineOfFigure({ name, value, unit, target }: Figure): string {
  return `${mark(value, target)} ${name}: ${shorten(value)} ${unit}${wanted(target)}`
}

function mark(value: number, target: Target | null): string {
  if (!target) return ' '
  return reaches(value, target) ? '✔' : '✘'
}

function spread({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`
}

/** `, wanted at least 2`; empty without a target. */
export function wanted(target: Target | null): string {
  if (target?.atLeast !== undefined) return `, wanted at least ${target.atLeast}`
  return target?.atMost === undefined ? '' : `, wanted at most ${target.atMost}`
}

function rate({ median }: Spread): string {
  return `${Math.round(median).toLocaleString('en')}/s`
}

function shorten(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function commit(): string {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio }).trim()
    const changed = git('status', '--porcelain', '--', 'packages/server') === '' ? '' : ' (changed)'
    return git('rev-parse', '--short', 'HEAD') + changed
  } catch {
    return 'unknown'
  }
}
