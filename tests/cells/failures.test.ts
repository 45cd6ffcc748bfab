import { afterAll, beforeAll, expect, test } from 'vitest'
import { hedge, startHedge } from '../cli/hedge.ts'
import { apiClient, createPayment } from '../support/http/api.ts'
import { until } from '../support/until.ts'
import { blockPhase, inTransaction, waitsForLock } from './blocking.ts'
import { type Cell, newKeys, startCell } from './cells.ts'

// Commands that move a merchant, and end before the switch.

const keys = newKeys()
let a: Cell
let b: Cell
let merchant: string
let api: ReturnType<typeof apiClient>

beforeAll(async () => {
  ;[a, b] = await Promise.all([startCell('cell-a', keys), startCell('cell-b')])
  merchant = (await a.sql.query('select id from merchants'))[0].id
  api = apiClient(a.server.url, keys.secretKey)
  await createPayment(api)
})

afterAll(async () => {
  await Promise.all([a?.close(), b?.close()])
})

const move = () => [
  ...['merchants', 'move', merchant],
  ...['--from', a.database.url, '--to', b.database.url],
]
const phaseOf = async ({ sql }: Cell) =>
  (await sql.query('select phase from merchant_moves where merchant_id = $1', [merchant]))[0]?.phase
const sequences = `hashtextextended('sequences of moves', 24)`
const untilServed = () =>
  until('the first cell serves the merchant', async () => {
    const { status } = await api('GET', '/v1/payments')
    return status === 200
  })

test('a command that is run again serves the merchant while it copies, and an undo is in the audit log', async () => {
  const blocked = await inTransaction(b, async (tx) => {
    // The second command waits for this lock before it copies anything.
    await tx.query(`select pg_advisory_xact_lock(${sequences})`)
    const first = startHedge(move())
    await until('the command waits for the sequences of the target', () =>
      waitsForLock(b, 'sequences of moves'),
    )
    first.child.kill('SIGKILL')
    await first.ended
    return await phaseOf(a)
  })
  expect(blocked).toBeUndefined()

  await blockPhase(a, 'announced', async () => {
    const second = startHedge(move())
    await until('the command waits for the change of the phase', () =>
      waitsForLock(a, 'merchant_moves'),
    )
    second.child.kill('SIGKILL')
    await second.ended
  })
  // As if it had been killed later.
  await a.sql.query(`update merchant_moves set phase = 'frozen', fenced_at = now()`)
  await until('requests are refused', async () => (await api('GET', '/v1/payments')).status === 503)
  await blockPhase(a, 'announced', async () => {
    const third = startHedge(move())
    await untilServed()
    await createPayment(api)
    await until('the command waits for the change of the phase', () =>
      waitsForLock(a, 'merchant_moves'),
    )
    third.child.kill('SIGKILL')
    await third.ended
  })

  const undone = await hedge([...move(), '--undo'])
  expect(undone, undone.stderr).toMatchObject({ code: 0 })
  await untilServed()
  const { body } = await api('GET', '/v1/audit_log?action=merchant.move_undone')
  expect(body.data).toMatchObject([
    { actor: { type: 'operator' }, target: { type: 'merchant', id: merchant } },
  ])
  expect(await a.sql.query('select from move_changes')).toEqual([])
  expect(await b.sql.query('select from payments')).toEqual([])
})

test('a command that loses its connections lets the first cell serve the merchant again', async () => {
  await blockPhase(a, 'fenced', async () => {
    const { ended } = startHedge(move())
    await until('the command waits for the change of the phase', () =>
      waitsForLock(a, 'merchant_moves'),
    )
    expect(await phaseOf(a)).toBe('announced')
    await until('the command has lost its connection', async () => {
      const [{ ended: count }] = await a.sql.query(
        `select count(pg_terminate_backend(pid))::integer as ended from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%merchant_moves%'
           and datname = current_database()`,
      )
      return count > 0
    })
    const { code } = await ended
    expect(code).not.toBe(0)
  })
  expect(await phaseOf(a)).toBe('copying')
  await untilServed()
  await createPayment(api)
})

test('a merchant does not move on before its last move has ended where it came from', async () => {
  const moved = await hedge([...move(), '--json'])
  expect(moved, moved.stderr).toMatchObject({ code: 0 })
  const there = apiClient(b.server.url, keys.secretKey)
  // A process reads every second which merchants it serves.
  const { body } = await until('the second cell serves the merchant', async () => {
    const answer = await there('GET', '/v1/audit_log')
    return answer.status === 200 && answer
  })
  const details = (action: string) =>
    body.data.find((entry: { action: string }) => entry.action === action)?.details
  expect(details('merchant.move_started')).toMatchObject({ to: b.publicUrl })
  expect(details('merchant.moved')).toMatchObject({ from: a.publicUrl })

  const back = ['merchants', 'move', merchant, '--from', b.database.url, '--to', a.database.url]
  await b.sql.query('update merchant_moves set source_ended = false')
  expect(await hedge(back)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('is not finished where it came from'),
  })
  expect(await hedge([...move()])).toMatchObject({ code: 0 })
  const [row] = await b.sql.query('select source_ended from merchant_moves')
  expect(row).toEqual({ source_ended: true })
})

test('rows that have not moved are not deleted', async () => {
  const clean = ['merchants', 'move', merchant, '--from', a.database.url, '--clean']
  await inTransaction(a, async (tx) => {
    await tx.query(`select set_config('hedge.move', $1, true)`, [merchant])
    await tx.query(`update payments set description = 'changed'`)
  })
  expect(await hedge(clean)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('in payments'),
  })
  await inTransaction(a, async (tx) => {
    await tx.query(`select set_config('hedge.move', $1, true)`, [merchant])
    await tx.query('update payments set description = null')
  })
  expect(await hedge(clean)).toMatchObject({ code: 0 })
  expect(await a.sql.query('select from payments')).toEqual([])
})
