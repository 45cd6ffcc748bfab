import { expect, test } from 'vitest'
import { connect } from '../../../../packages/server/src/database/connect.ts'
import { createMigratedDatabase } from '../../../support/servers/server.ts'

// An open connection keeps the process alive until it has been idle for ten seconds.
test('a program that has only checked its connections closes them with the database', async () => {
  const { url, drop } = await createMigratedDatabase()
  try {
    const database = connect({ url, onError: () => undefined })
    await database.checkSessions()
    expect(database.pool.totalCount).toBeGreaterThan(0)
    await database.close()
    expect(database.pool.totalCount).toBe(0)
  } finally {
    await drop()
  }
})
