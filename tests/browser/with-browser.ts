import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { type MerchantFixture, withMerchant } from '../support/servers/merchant.ts'
import { launchBrowser } from './browser.ts'

/** One server, with the keys of the file's merchant, and one browser. */
export interface BrowserFixture extends MerchantFixture {
  readonly server: MerchantFixture['servers'][number]
  readonly browser: Browser
}

/**
 * Starts a browser before the tests of a file, and stops it after them. The returned object is complete by then. The
 * server is shared with other files, unless `servers` comes from `withServers`.
 */
export function withBrowser(servers: MerchantFixture = withMerchant()): BrowserFixture {
  const fixture = servers as { -readonly [Field in keyof BrowserFixture]: BrowserFixture[Field] }

  beforeAll(async () => {
    const [server] = fixture.servers
    if (!server) throw new Error('the server was not started')
    fixture.server = server
    fixture.browser = await launchBrowser()
  })

  afterAll(async () => {
    await fixture.browser?.close()
  })

  return fixture
}
