import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import type { TestServer } from '../support/servers/server.ts'
import { type Servers, withServers } from '../support/servers/servers.ts'
import { launchBrowser } from './browser.ts'

/** One server and one browser. */
export interface BrowserFixture extends Servers {
  readonly server: TestServer
  readonly browser: Browser
}

/** Starts a server and a browser before the tests of a file, and stops both after them. Filled in by then. */
export function withBrowser(): BrowserFixture {
  const fixture = withServers(1) as Servers & { server: TestServer; browser: Browser }

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
