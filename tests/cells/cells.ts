import { randomBytes } from 'node:crypto'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'

/** A cell: a database of its own with its server. */
export interface Cell {
  readonly name: string
  readonly publicUrl: string
  readonly database: TestDatabase
  readonly sql: Sql
  readonly server: TestServer
  close(): Promise<void>
}

/** Starts a cell. Its first merchant has keys of its own, or those that are given. */
export async function startCell(
  name: string,
  keys: { publishableKey: string; secretKey: string } = newKeys(),
  env: Record<string, string> = {},
): Promise<Cell> {
  const database = await createMigratedDatabase()
  const publicUrl = `http://${name}.localhost:4000`
  const server = await startServer({
    databaseUrl: database.url,
    env: {
      HEDGE_PUBLIC_URL: publicUrl,
      HEDGE_API_KEY: keys.publishableKey,
      HEDGE_API_SECRET: keys.secretKey,
      ...env,
    },
  })
  const sql = openSql(database.url)
  return {
    ...{ name, publicUrl, database, sql },
    server: { ...server, ...keys },
    async close() {
      await server.stop()
      await sql.close()
      await database.drop()
    },
  }
}

/** A key pair of the right form. */
export function newKeys(): { publishableKey: string; secretKey: string } {
  const random = randomBytes(20).toString('hex')
  return { publishableKey: `pk_test_${random}`, secretKey: `sk_test_${random}` }
}
