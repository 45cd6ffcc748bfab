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

test.each(['0', 'localhost:0', 'http://localhost:0/hook', 'https://[::1]:00000'])(
  'the target "%s" is refused, because nothing listens on port 0',
  (given) => {
    expect(() => parseTarget(given)).toThrow('port from 1 to 65535')
  },
)

test.each([
  'http://me:hunter2@localhost:3000',
  'me:hunter2@localhost',
  'https://:hunter2@a/b',
  'me@a',
])('the target "%s" is refused without repeating its password', (given) => {
  expect(() => parseTarget(given)).toThrow(/^(?!.*hunter2).*no user and no password/)
})
