import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { until } from '../../support/until.ts'
import { startHedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env, run } = withCommandLine()
const cancelMany = (...args: string[]) => run('payments', 'cancel-many', ...args)

async function createMany(batch: string, count: number): Promise<string[]> {
  const ids: string[] = []
  // One at a time: a busy machine would refuse some of a hundred concurrent requests.
  while (ids.length < count) {
    ids.push((await createPayment(fixture.api, { metadata: { batch } })).id)
  }
  return ids
}

async function statusesOf(batch: string): Promise<string[]> {
  const { body } = await fixture.api('GET', `/v1/payments?limit=100&metadata[batch]=${batch}`)
  return body.data.map((payment: { status: string }) => payment.status)
}

describe('hedge payments cancel-many', () => {
  test('shows the count first, and cancels nothing with --dry-run', async () => {
    await createMany('dry', 3)
    const { code, stdout } = await cancelMany('--metadata', 'batch=dry', '--dry-run')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 payments would be canceled.\n' })
    expect(await statusesOf('dry')).toEqual(['pending', 'pending', 'pending'])
  })

  test('cancels nothing without --yes if it cannot ask', async () => {
    await createMany('unasked', 2)
    const ended = await cancelMany('--metadata', 'batch=unasked')
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('This cancels 2 payments.')
    expect(ended.stderr).toContain('--yes')
    expect(await statusesOf('unasked')).toEqual(['pending', 'pending'])
  })

  test('cancels exactly what the filters match, with --yes', async () => {
    await createMany('chosen', 25)
    await createMany('spared', 1)
    const args = ['--metadata', 'batch=chosen', '--reason', 'campaign over', '--yes']
    const { code, stdout, stderr } = await cancelMany(...args)
    expect(code).toBe(0)
    expect(stdout).toBe('25 payments canceled.\n')
    expect(stderr).toMatch(/can_\w+/)
    expect(new Set(await statusesOf('chosen'))).toEqual(new Set(['canceled']))
    expect(await statusesOf('spared')).toEqual(['pending'])
    const { body } = await fixture.api('GET', '/v1/payments?limit=1&metadata[batch]=chosen')
    expect(body.data[0].cancellation_reason).toBe('campaign over')
  })

  test.each([
    ['--status', 'initiated'],
    ['--customer-email', 'nobody@example.com'],
    ['--customer-id', 'nobody'],
    ['--checkout-session', 'cs_0000000000000000'],
    ['--last4', '0000'],
    ['--created-after', '2099-01-01'],
    ['--created-before', '2001-01-01'],
    ['--metadata', 'batch=none'],
  ])('takes %s as its only filter, and refuses it beside --all', async (...filter) => {
    const alone = await cancelMany(...filter, '--dry-run')
    expect(alone).toMatchObject({ code: 0, stdout: 'No payment would be canceled.\n' })
    const beside = await cancelMany('--all', ...filter, '--dry-run')
    expect(beside).toMatchObject({ code: 2, stdout: '' })
    expect(beside.stderr).toContain('filters or --all, not both')
  })

  test('succeeds if no payment matches', async () => {
    const { code, stdout } = await cancelMany('--metadata', 'batch=none', '--yes')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'No payment would be canceled.\n' })
  })

  test('resumes a paused run, and names the refused payments', async () => {
    const ids = await createMany('resumed', 5)
    const { body: first } = await fixture.api('POST', '/v1/cancellations', {
      body: { payment_ids: ids },
    })
    await until('the run is done', async () => {
      const { body } = await fixture.api('GET', `/v1/cancellations/${first.id}`)
      return body.status === 'completed'
    })
    // All these payments are canceled already, so a second run is refused for each.
    const { body: second } = await fixture.api('POST', '/v1/cancellations', {
      body: { payment_ids: ids },
    })
    await fixture.api('POST', `/v1/cancellations/${second.id}/pause`)
    const args = ['payments', 'cancel-many', '--resume', second.id]
    const { code, stdout } = await run(...args)
    expect(code).toBe(3)
    for (const id of ids) expect(stdout).toContain(id)
    expect(stdout).toContain('0 payments canceled, 5 could no longer be.')
    const json = await run(...args, '--json')
    const result = JSON.parse(json.stdout)
    expect(result.cancellation).toMatchObject({ id: second.id, status: 'completed', refused: 5 })
    expect(result.refused.map((item: { payment_id: string }) => item.payment_id).sort()).toEqual(
      ids.sort(),
    )
  })

  test('exits with --detach while the server continues the run', async () => {
    await createMany('left', 3)
    const args = ['--metadata', 'batch=left', '--yes', '--detach', '--json']
    const { code, stdout } = await cancelMany(...args)
    expect(code).toBe(0)
    const { id } = JSON.parse(stdout).cancellation
    await until('the run is done', async () => {
      const { body } = await fixture.api('GET', `/v1/cancellations/${id}`)
      return body.status === 'completed'
    })
    expect(new Set(await statusesOf('left'))).toEqual(new Set(['canceled']))
  })

  test('pauses the run on the server at Ctrl-C, and prints how to resume', async () => {
    await createMany('interrupted', 100)
    const running = startHedge(
      ['payments', 'cancel-many', '--metadata', 'batch=interrupted', '--yes'],
      env(),
    )
    const id = await until('it has started', () => /can_\w+/.exec(running.stderr())?.[0])
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    const { body } = await fixture.api('GET', `/v1/cancellations/${id}`)
    // The server may have completed the run before the pause.
    if (body.status === 'completed') {
      expect(stdout).toContain('100 payments canceled.')
    } else {
      expect(body.status).toBe('paused')
      expect(code).toBe(130)
      expect(stdout).toContain(`hedge payments cancel-many --resume ${id}`)
    }
    await run('payments', 'cancel-many', '--resume', id)
    expect(new Set(await statusesOf('interrupted'))).toEqual(new Set(['canceled']))
  })
})
