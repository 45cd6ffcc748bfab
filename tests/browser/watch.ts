import type { Page } from 'playwright-core'

/**
 * Chromium logs these answers as errors. The page explains a 412 to its user, and repeats a request after a 503, which a
 * server on a busy machine may give.
 */
const refused = /^Failed to load resource: .* status of (412|503) /

/**
 * Records what a page must not do: log an error or a warning, throw an exception, or send a request to a server
 * outside `origins`. Returns the list, which grows while the page is open.
 */
export function watch(page: Page, origins: readonly string[]): readonly string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    if (!refused.test(message.text())) problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`))
  page.on('request', (request) => {
    if (!origins.includes(new URL(request.url()).origin)) problems.push(`request: ${request.url()}`)
  })
  return problems
}
