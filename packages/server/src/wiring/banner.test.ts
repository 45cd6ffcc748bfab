import { describe, expect, test } from 'vitest'
import { renderBanner, type ShownCredentials } from './banner.ts'

const secretKey = 'sk_test_0123456789'
const credentials: ShownCredentials = {
  publishableKey: 'pk_test_0123456789',
  secretKey,
  isNew: false,
  file: '.hedge/credentials.json',
}

function bannerOf(more: Partial<ShownCredentials>, isTerminal: boolean): string {
  return renderBanner({
    url: 'http://127.0.0.1:4000',
    database: 'bundled',
    credentials: { ...credentials, ...more },
    isTerminal,
  })
}

describe('the banner', () => {
  test.each([
    ['when they are new, to any output', { isNew: true }, false],
    ['when they are new, to a terminal', { isNew: true }, true],
    ['to a terminal, at every start', {}, true],
  ])('prints the keys %s, and a cURL command that works with them', (_, more, isTerminal) => {
    const banner = bannerOf(more, isTerminal)
    expect(banner).toContain(`secret key       ${secretKey}`)
    expect(banner).toContain(`-H "Authorization: Bearer ${secretKey}"`)
  })

  test('of a later start prints the file of the secret key, and the secret only to a terminal', () => {
    const banner = bannerOf({}, false)
    expect(banner).not.toContain('sk_test_')
    expect(banner).toContain('http://127.0.0.1:4000')
    expect(banner).toContain('publishable key  pk_test_0123456789')
    expect(banner).toContain('secret key       in .hedge/credentials.json')
    expect(banner).toContain('-H "Authorization: Bearer $HEDGE_API_SECRET"')
  })

  test('prints no keys from the environment', () => {
    const banner = renderBanner({ url: 'x', database: 'y', credentials: null, isTerminal: true })
    expect(banner).not.toMatch(/[sp]k_test_/)
  })
})
