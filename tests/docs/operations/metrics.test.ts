import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { parseTableRows, readDocument } from '../markdown.ts'
import { type Exposition, parseExposition } from './exposition.ts'
import { read } from './files.ts'
import { parseExpression } from './promql.ts'

interface Rule {
  alert: string
  expr: string
  for: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

const { groups } = parse(read('deploy/prometheus-alerts.yaml')) as {
  groups: { name: string; rules: Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)

let database: TestDatabase
let server: TestServer
let measured: readonly Exposition[]

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url })
  await fetch(`${server.url}/v1/payments/pay_none/cancel`, { method: 'POST' })
  measured = parseExposition(await (await fetch(`${server.url}/metrics`)).text())
})

afterAll(async () => {
  await server?.stop()
  await database?.drop()
})

const namesOf = () => measured.map(({ name }) => name)
const own = () => namesOf().filter((name) => name.startsWith('hedge_'))

/** Finds a metric by its name in a query, which may be a part of a histogram. Prometheus makes `up`. */
function find(name: string): Exposition | undefined {
  if (name === 'up') return { name, type: 'gauge', help: '', labels: ['job', 'instance'] }
  const isPart = ({ name: whole, type }: Exposition) =>
    type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === whole
  return measured.find((metric) => metric.name === name || isPart(metric))
}

/** What is wrong with a query: no PromQL, a metric that no server has, or a label that it does not have. */
function problemsOf(query: string): string[] {
  const { isValid, metrics, selected, grouped } = parseExpression(query)
  const has = (metric: string, label: string) => {
    const labels = find(metric)?.labels ?? []
    return labels.length === 0 || ['job', 'instance'].includes(label) || labels.includes(label)
  }
  return [
    ...(isValid && metrics.length > 0 ? [] : [`no PromQL: ${query}`]),
    ...metrics.filter((name) => !find(name)),
    ...selected.filter(({ metric, label }) => !has(metric, label)).map(({ label }) => label),
    ...grouped.filter((label) => !metrics.some((metric) => has(metric, label))),
  ]
}

describe('metrics', () => {
  test('the parser of queries finds what is wrong', () => {
    expect(problemsOf('sum(((')).not.toEqual([])
    expect(problemsOf('hedge_absent > 1')).toEqual(['hedge_absent'])
    expect(problemsOf('hedge_database_connections_in_use{size="1"}')).toEqual(['size'])
    expect(problemsOf('sum by (size) (hedge_database_connections_in_use)')).toEqual(['size'])
  })

  test('the Grafana dashboard uses only metrics of the server', () => {
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as {
      panels: { id: number; targets: { expr: string }[] }[]
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    expect(queries.flatMap(problemsOf)).toEqual([])
    const shown = queries.flatMap((query) => parseExpression(query).metrics).map(find)
    // When the queues were measured is for the alert only.
    expect(own().filter((name) => !shown.some((metric) => metric?.name === name))).toEqual([
      'hedge_queue_measurement_timestamp_seconds',
    ])
  })

  test('the guide lists exactly the metrics of the server', () => {
    const listed = parseTableRows(readDocument('docs/running-in-production.md'))
      .map(([name = '']) => /^`(hedge_\w+)`$/.exec(name)?.[1])
      .filter((name) => name !== undefined)
    expect(listed.toSorted()).toEqual(own().toSorted())
  })

  test('hedge_build_info names the version of the server and of Node', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    const { version } = JSON.parse(read('packages/server/package.json')) as { version: string }
    expect(text).toContain(
      `\nhedge_build_info{version="${version}",node="${process.versions.node}"} 1\n`,
    )
  })

  // The rules of `promtool check metrics`, which needs an installed Prometheus.
  test('every name follows the conventions of Prometheus', () => {
    expect(own().length).toBeGreaterThan(20)
    for (const { name, type, help } of measured) {
      expect([name, help]).toEqual([name, expect.stringMatching(/\S/)])
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect(name).not.toMatch(/_(bucket|sum|count|gauge|counter|histogram|summary)$/)
      // Base units only, and in full.
      expect(name).not.toMatch(
        /_(s|sec|ms|us|ns|milliseconds|microseconds|minutes|hours|days|b|kb|mb|gb|kilobytes|megabytes|percent)(_|$)/,
      )
    }
  })
})

describe('the alert rules', () => {
  test('query only metrics of the server', () => {
    expect(rules.length).toBeGreaterThan(10)
    expect(rules.flatMap(({ expr }) => problemsOf(expr))).toEqual([])
  })

  test('each wait, and have a severity, texts, and a section of the guide', () => {
    const guide = readDocument('docs/alerts.md')
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length)
    const sections = [...guide.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    expect(sections).toEqual(rules.map(({ alert }) => alert))
    for (const { alert, labels, annotations, ...rule } of rules) {
      expect(alert).toMatch(/^Hedge([A-Z][a-z]+)+$/)
      expect(Object.keys(rule).sort()).toEqual(['expr', 'for'])
      expect(rule.for).toMatch(/^\d+[mh]$/)
      expect(labels).toEqual({ severity: expect.stringMatching(/^(critical|warning|info)$/) })
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\.$/),
        runbook_url: `https://github.com/hedgepayments/hedge/blob/main/docs/alerts.md#${alert.toLowerCase()}`,
      })
    }
  })

  test('name labels in their texts that the alert has', () => {
    for (const { alert, expr, annotations } of rules) {
      const named = Object.values(annotations).flatMap((text) =>
        [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
      )
      const { metrics, grouped } = parseExpression(expr)
      const isAggregated = /\b(sum|max|min|count)\b/.test(expr)
      const labels = isAggregated
        ? grouped
        : [...metrics.flatMap((name) => find(name)?.labels ?? []), 'job', 'instance']
      expect([alert, named.filter((label) => !labels.includes(label))]).toEqual([alert, []])
    }
  })
})
