import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { startHedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env } = withCommandLine()

describe('a reader that closes its pipe early', () => {
  test('of messages loses no result and causes no error', async () => {
    const { id } = await createPayment(fixture.api)
    const { child, ended } = startHedge(['payments', 'list', '--json', '--verbose'], env())
    child.stderr?.destroy()
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout).data[0].id).toBe(id)
  })

  test('of messages and results ends the command without an error', async () => {
    const { child, ended } = startHedge(['payments', 'list', '--verbose'], env())
    child.stderr?.destroy()
    child.stdout?.destroy()
    expect((await ended).code).toBe(0)
  })

  test('does not hide the failure of a command', async () => {
    const { child, ended } = startHedge(['payments', 'get', 'pay_none'], env())
    child.stderr?.destroy()
    expect((await ended).code).toBe(4)
  })
})
