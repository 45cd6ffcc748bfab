import { expect, test } from 'vitest'
import { countWaiting, lockRows } from '../support/databases/sql.ts'
import { createPayment } from '../support/http/api.ts'
import { withServers } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

const fixture = withServers(1)

test('a client that disconnects does not undo its cancel, and its retry gets the first answer', async () => {
  const { id } = await createPayment(fixture.api)
  const [server] = fixture.servers
  const rival = await fixture.sql.connect()
  const body = JSON.stringify({ reason: 'stopped waiting' })
  try {
    await rival.query('begin')
    await lockRows(rival, [id])
    const control = new AbortController()
    const sent = fetch(`${server?.url}/v1/payments/${id}/cancel`, {
      method: 'POST',
      signal: control.signal,
      headers: {
        authorization: `Bearer ${server?.secretKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'of an impatient client',
      },
      body,
    })
    const refused = expect(sent).rejects.toThrow()
    await until('the cancel waits', async () => (await countWaiting(fixture.sql)) >= 1)
    control.abort()
    await refused
    await rival.query('rollback')
  } finally {
    rival.release()
  }
  await until('the payment is canceled', async () => {
    return (await fixture.api('GET', `/v1/payments/${id}`)).body.status === 'canceled'
  })
  const retry = await fixture.api('POST', `/v1/payments/${id}/cancel`, {
    rawBody: body,
    idempotencyKey: 'of an impatient client',
  })
  expect(retry.status).toBe(200)
  expect(retry.headers.get('idempotent-replayed')).toBe('true')
  expect(retry.body).toMatchObject({
    id,
    status: 'canceled',
    cancellation_reason: 'stopped waiting',
  })
})

test('a request whose body breaks off cancels nothing and is not logged as a database error', async () => {
  const { id } = await createPayment(fixture.api)
  const [server] = fixture.servers
  const { connect } = await import('node:net')
  const { hostname, port } = new URL(server?.url ?? '')
  const socket = connect(Number(port), hostname)
  await new Promise<void>((resolve) => {
    socket.write(
      [
        `POST /v1/payments/${id}/cancel HTTP/1.1`,
        'Host: hedge',
        `Authorization: Bearer ${server?.secretKey}`,
        'Content-Type: application/json',
        'Content-Length: 100',
        '',
        '{"reason":',
      ].join('\r\n'),
      () => resolve(),
    )
  })
  await fixture.api('GET', `/v1/payments/${id}`)
  socket.destroy()
  const { body } = await fixture.api('GET', `/v1/payments/${id}`)
  expect(body.status).toBe('pending')
  expect(server?.log()).not.toContain('the database is not available')
})
