import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

test.each([
  ['', {}],
  ['-c search_path=pay,public', { search_path: 'pay,public' }],
  ['-csearch_path=pay  --work-mem=64MB', { search_path: 'pay', work_mem: '64MB' }],
  ['-c search_path=a\\ b\\\\c -c a.b=', { search_path: 'a b\\c', 'a.b': '' }],
  ['-c TimeZone=UTC -c TimeZone=Asia/Tokyo', { TimeZone: 'Asia/Tokyo' }],
])('the options %j of an address are settings', (options, settings) => {
  expect(readOptions(options)).toEqual(settings)
})

test.each(['-c', '-c search_path', '-d 5', 'search_path=pay', '--=x'])(
  'the options %j are refused',
  (options) => {
    expect(() => readOptions(options)).toThrow('options: expected settings like -c')
  },
)
