import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { parseTableRows, readDocument } from '../markdown.ts'
import { read } from './files.ts'

describe('metrics', () => {
  let database: TestDatabase
  let server: TestServer
  let measured: string[]

  beforeAll(async () => {
    database = await createMigratedDatabase()
    server = await startServer({ databaseUrl: database.url })
    const text = await (await fetch(`${server.url}/metrics`)).text()
    measured = [...text.matchAll(/^# TYPE (hedge_\w+) /gm)].map(([, name]) => name ?? '')
  })

  afterAll(async () => {
    await server.stop()
    await database.drop()
  })

  test('the Grafana dashboard uses only metrics of the server', () => {
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as {
      panels: { id: number; targets: { expr: string }[] }[]
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const asked = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/hedge_\w+/g) ?? []),
    )
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !isMeasured(name))).toEqual([])
  })

  test('the guide lists exactly the metrics of the server', () => {
    const listed = parseTableRows(readDocument('docs/running-in-production.md'))
      .map(([name = '']) => /^`(hedge_\w+)`$/.exec(name)?.[1])
      .filter((name) => name !== undefined)
    expect(listed.toSorted()).toEqual(measured.toSorted())
  })

  /** Queries use the parts of a histogram. */
  function isMeasured(name: string): boolean {
    return measured.includes(name) || measured.includes(name.replace(/_(bucket|sum|count)$/, ''))
  }
})
