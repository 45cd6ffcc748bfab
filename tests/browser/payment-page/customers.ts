import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type BrowserFixture, withBrowser } from '../with-browser.ts'
import { buildPaymentPage, openLink, startShop, type WatchedPage } from './payment-page.ts'

type Page = WatchedPage['page']

/** Customers who open links of a merchant, and the merchant's shop. */
export interface Customers {
  readonly fixture: BrowserFixture
  readonly shop: Awaited<ReturnType<typeof startShop>>
  /** Creates a checkout session of €1,234.56. */
  createSession(more?: Record<string, unknown>): Promise<ReturnType<typeof JSON.parse>>
  /** Opens a link. The page is closed after the test, which fails if the page had problems. */
  open(url: string, options?: Parameters<typeof openLink>[2]): Promise<Page>
  statusOf(paymentId: string): Promise<string>
  sessionOf(id: string): Promise<ReturnType<typeof JSON.parse>>
}

/** Builds the payment page and starts a shop before the tests of a file. The object is complete by then. */
export function withCustomers(): Customers {
  const fixture = withBrowser()
  let shop: Awaited<ReturnType<typeof startShop>>
  const opened: WatchedPage[] = []

  beforeAll(async () => {
    buildPaymentPage()
    shop = await startShop()
  })

  afterEach(async () => {
    const problems = opened.flatMap((each) => each.problems)
    await Promise.all(opened.splice(0).map((each) => each.close()))
    expect(problems).toEqual([])
  })

  afterAll(async () => {
    await shop?.stop()
  })

  return {
    fixture,
    get shop() {
      return shop
    },
    async createSession(more = {}) {
      const { status, body } = await fixture.api('POST', '/v1/checkout/sessions', {
        body: {
          amount: 123_456,
          currency: 'EUR',
          customer_email: 'ada@example.com',
          description: 'Two tickets',
          ...more,
        },
      })
      expect(status).toBe(201)
      return body
    },
    async open(url, options = {}) {
      const watched = await openLink(fixture.browser, url, { servers: [shop.url], ...options })
      opened.push(watched)
      return watched.page
    },
    statusOf: async (id) => (await fixture.api('GET', `/v1/payments/${id}`)).body.status,
    sessionOf: async (id) => (await fixture.api('GET', `/v1/checkout/sessions/${id}`)).body,
  }
}

/** Waits for a heading. */
export const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor()

/** The button that pays. */
export const payButton = (page: Page) => page.getByRole('button', { name: /^Pay / })
