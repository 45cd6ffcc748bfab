import { expect, test } from 'vitest'
import { createOverdueRefund } from '../../support/payments/overdue.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, run, json } = withCommandLine()

test('a payment that needs attention is found, explained and resolved', async () => {
  expect((await run('payments', 'list', '--needs-attention')).stderr).toContain('No payments.')
  const id = await createOverdueRefund(fixture)
  const list = await json('payments', 'list', '--needs-attention')
  expect(list.data.map((payment: { id: string }) => payment.id)).toEqual([id])
  const explained = await run('payments', 'attention', id)
  expect(explained).toMatchObject({ code: 0, stderr: '' })
  expect(explained.stdout).toContain('refund_overdue')
  expect(explained.stdout).toContain('refund_paid, refund_failed, retry')

  const reason = 'the customer has it, says the bank'
  const wrong = await run('payments', 'resolve', id, '--as', 'captured', '--reason', reason)
  expect(wrong.stderr).toContain(`Payment ${id} cannot be resolved as captured.`)
  const resolved = await json('payments', 'resolve', id, '--as', 'refund_paid', '--reason', reason)
  expect(resolved.refunds).toMatchObject([{ status: 'succeeded' }])
  const after = await run('payments', 'attention', id)
  expect(after).toMatchObject({ code: 0, stderr: 'It needs no attention.\n' })
})

test('a resolution needs a reason, and one of the known values', async () => {
  const unknown = await run('payments', 'resolve', 'pay_1', '--as', 'paid', '--reason', 'x')
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.stderr).toContain('refund_paid')
  const without = await run('payments', 'resolve', 'pay_1', '--as', 'captured')
  expect(without).toMatchObject({ code: 2, stdout: '' })
  expect(without.stderr).toContain('--reason')
})
