import { expect } from 'vitest'
import type { AttentionReason, Resolution } from '../../../packages/contract/src/index.ts'
import { createPayment } from '../../support/http/api.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import type { StripeFixture } from './stand-in/server-with-stripe.ts'

/** Functions about payments that need attention. Call them when the fixture is set. */
export function attentionOf(fixture: StripeFixture) {
  const path = (id: string, more: string) => `/v1/payments/${id}/${more}`

  /** Makes every answer of Stripe to a path unreadable, although Stripe does what it was told. */
  function silence(at: RegExp): void {
    fixture.stripe.garble({ path: at, how: () => 'nonsense' })
  }

  /** Makes Stripe answer again. */
  function answerAgain(): void {
    fixture.stripe.garble(null)
  }

  /** Creates a payment and initiates it. */
  async function initiate(more: Record<string, unknown> = {}) {
    const { id } = await createPayment(fixture.api, { amount: 5_000, ...more })
    const body = { payment_method_token: 'pm_card_visa' }
    const initiated = await fixture.api('POST', path(id, 'initiate'), { body })
    expect(initiated.status, initiated.text).toBe(200)
    return id
  }

  /** The reasons why a payment needs attention, as the API lists them. */
  async function reasons(id: string): Promise<AttentionReason[]> {
    const { body } = await fixture.api('GET', path(id, 'attention'))
    return body.data.map(({ reason }: { reason: AttentionReason }) => reason)
  }

  /** Waits until a payment needs attention for exactly these reasons. */
  async function untilReasons(id: string, expected: AttentionReason[]): Promise<void> {
    await until(
      `payment ${id} needs attention because of ${expected.join() || 'nothing'}`,
      async () => {
        return (await reasons(id)).join() === expected.join()
      },
    )
  }

  /** Waits until a task of a payment has failed, then lets time pass by the test clock. */
  async function untilFailing(id: string, seconds: number): Promise<void> {
    await until(`a task of ${id} fails`, async () => {
      const rows = await fixture.sql.query(
        'select from payment_tasks where payment_id = $1 and failing_since is not null',
        [id],
      )
      return rows.length > 0
    })
    await advance(fixture.api, seconds)
  }

  function resolve(id: string, resolution: Resolution, more: Record<string, unknown> = {}) {
    const body = { resolution, reason: 'seen in the dashboard of Stripe', ...more }
    return fixture.api('POST', path(id, 'resolve'), { body })
  }

  return { silence, answerAgain, initiate, reasons, untilReasons, untilFailing, resolve }
}
