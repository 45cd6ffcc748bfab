import { HedgePayments } from '@hedgepayments/node'
import { describe, expect, test } from 'vitest'
import { createDisputed } from '../api/disputes/disputed.ts'
import { withCommandLine } from './with-server.ts'

const { fixture, server, run, json } = withCommandLine()

describe('hedge disputes', () => {
  test('list shows disputes by status and payment, with their deadlines', async () => {
    const dispute = await createDisputed(fixture.api)
    await createDisputed(fixture.api)
    const { stdout } = await run('disputes', 'list', '--payment', dispute.payment)
    const due = dispute.evidence_due_by.replace('T', ' ').replace('Z', '')
    expect(stdout).toMatch(/^ID +STATUS +AMOUNT +EVIDENCE DUE \(UTC\) +PAYMENT +REASON\n/)
    expect(stdout).toContain(`${dispute.id}  needs_response  99.99 USD  ${due}`)
    const listed = await json('disputes', 'list', '--status', 'needs_response', '--limit', '1')
    expect(listed).toMatchObject({ has_more: true, data: [{ status: 'needs_response' }] })
    expect((await json('disputes', 'list', '--status', 'won,lost')).data).toEqual([])
    expect((await run('disputes', 'list', '--status', 'open')).code).toBe(2)
  })

  test('get shows a dispute, and payments get that the payment is disputed', async () => {
    const dispute = await createDisputed(fixture.api)
    const { stdout } = await run('disputes', 'get', dispute.id)
    expect(stdout).toMatch(/^dp_\w+ {2}needs_response {2}99\.99 USD {2}test mode\n/)
    expect(stdout).toMatch(/ {2}fee +15\.00 USD\n/)
    expect(await json('disputes', 'get', dispute.id)).toEqual(dispute)
    expect((await run('disputes', 'get', 'dp_none')).code).toBe(4)
    expect((await run('payments', 'get', dispute.payment)).stdout).toMatch(/ {2}disputed +yes\n/)
    const refused = await run('payments', 'refund', dispute.payment, '--yes')
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('it is disputed')])
  })
})

test('the SDK retrieves and lists disputes, and types their events', async () => {
  const hedge = new HedgePayments({ apiSecret: server().secretKey, baseUrl: server().url })
  const dispute = await createDisputed(fixture.api)
  expect(await hedge.disputes.retrieve(dispute.id)).toEqual(dispute)
  const { data } = await hedge.disputes.list({ payment: dispute.payment })
  expect(data).toEqual([dispute])
  const events = await hedge.events.list({ type: 'dispute.created', payment_id: dispute.payment })
  const [event] = events.data
  if (event?.type !== 'dispute.created') throw new Error('the event is missing')
  expect(event.data.evidence_due_by).toBe(dispute.evidence_due_by)
})
