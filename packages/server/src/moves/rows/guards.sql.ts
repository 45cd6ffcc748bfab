import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientBase, escapeIdentifier, escapeLiteral } from 'pg'
import { MoveError } from '../../cells/move-error.ts'
import { isLockTimeout } from '../../database/errors.ts'
import type { TableShape } from './shapes.sql.ts'
import { merchantColumnOf, movedTables } from './tables.ts'

/** A trigger waits this long for the writers of its table. Later writers queue behind it. */
const lockMsMax = 200
/** Lets the other writers pass before the next attempt. */
const pauseMs = 500
/** Some minutes: a vacuum of a large table has its lock as long. */
const attemptsMax = 600

/** The triggers of a merchant on a table: its guard. */
function guardsOf(table: string, merchantId: string) {
  const column = escapeIdentifier(merchantColumnOf(table))
  const isOf = (row: string) => `${row}.${column} = ${escapeLiteral(merchantId)}`
  return [
    { name: `move_${merchantId}_write`, of: 'insert or update', when: isOf('new') },
    { name: `move_${merchantId}_delete`, of: 'delete', when: isOf('old') },
  ]
}

/**
 * Adds the guards of a merchant to its tables, where they are missing. They let its writes pass until the
 * phase refuses them, and record them where the merchant is copied from (`hedge_guard_move`). Other merchants pay for a comparison of a text with each row.
 */
export async function addGuards(
  client: ClientBase,
  shapes: readonly TableShape[],
  merchantId: string,
): Promise<void> {
  for (const { name: table, order } of shapes) {
    const guard = movedTables[table]?.guard ?? 'early'
    const parameters = [merchantId, guard, ...order.map(({ name }) => name)].map(escapeLiteral)
    const present = await findGuards(client, table)
    const missing = guardsOf(table, merchantId).filter(({ name }) => !present.has(name))
    if (missing.length === 0) continue
    await changeTable(client, table, () =>
      missing.map(
        ({ name, of, when }) => `
          create trigger ${escapeIdentifier(name)} after ${of} on ${escapeIdentifier(table)}
            for each row when (${when})
            execute function hedge_guard_move(${parameters.join(', ')})`,
      ),
    )
  }
}

/** Removes the guards of a merchant from its tables. */
export async function dropGuards(
  client: ClientBase,
  merchantId: string,
  attempts = attemptsMax,
): Promise<void> {
  for (const table of Object.keys(movedTables)) {
    const present = await findGuards(client, table)
    const names = guardsOf(table, merchantId).filter(({ name }) => present.has(name))
    if (names.length === 0) continue
    const drop = ({ name }: { name: string }) =>
      `drop trigger ${escapeIdentifier(name)} on ${escapeIdentifier(table)}`
    await changeTable(client, table, () => names.map(drop), attempts)
  }
}

async function findGuards(client: ClientBase, table: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select tgname::text as name from pg_trigger where tgrelid = to_regclass($1)`,
    [table],
  )
  return new Set(rows.map(({ name }) => name))
}

/** Changes the triggers of a table in one transaction, as soon as nobody writes for a short time. */
async function changeTable(
  client: ClientBase,
  table: string,
  statements: () => string[],
  attempts = attemptsMax,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`begin; set local lock_timeout = ${lockMsMax}`)
      for (const statement of statements()) await client.query(statement)
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback')
      if (!isLockTimeout(error)) throw error
      if (attempt === attempts) throw locked(table)
      await sleep(pauseMs)
    }
  }
}

function locked(table: string): MoveError {
  const message =
    `The table ${table} is locked for minutes, perhaps by a vacuum or a backup. Run the command again when it ` +
    'has ended.'
  return new MoveError('too_slow', message)
}
