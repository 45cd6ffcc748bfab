import { expect, test } from 'vitest'
import { parseTarget } from './target.ts'

test.each([
  ['3000', 'http://localhost:3000/'],
  ['localhost:3000', 'http://localhost:3000/'],
  ['localhost:3000/webhooks?a=b', 'http://localhost:3000/webhooks?a=b'],
  ['127.0.0.1:6000/hook', 'http://127.0.0.1:6000/hook'],
  ['[::1]:3000/hook', 'http://[::1]:3000/hook'],
  ['shop.local/hook', 'http://shop.local/hook'],
  ['https://localhost/hook', 'https://localhost/hook'],
])('the target %s is %s', (given, url) => {
  expect(parseTarget(given)).toBe(url)
})

test.each(['', 'ftp://localhost/', 'localhost:99999', '99999', 'file:///etc/passwd', 'a b'])(
  'the target "%s" is refused',
  (given) => {
    expect(() => parseTarget(given)).toThrow('localhost:3000/webhooks')
  },
)
