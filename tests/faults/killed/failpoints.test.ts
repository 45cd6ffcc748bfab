import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as failpoints from '../../../packages/server/src/failpoints.ts'

test('in production a failpoint is an empty function, and no source replaces it', () => {
  expect(Object.keys(failpoints)).toEqual(['failpoint'])
  const body = String(failpoints.failpoint).replace(/^function failpoint\([^)]*\)/, '')
  expect(body.replaceAll(/\/\/.*|\s/g, '')).toBe('{}')
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const sources = globSync('{packages,apps}/*/src/**/*.{ts,tsx}', { cwd: root })
  expect(sources.length).toBeGreaterThan(100)
  const loaders = sources.filter((file) => {
    return /registerHooks|module\.register|armed-failpoints/.test(
      readFileSync(`${root}/${file}`, 'utf8'),
    )
  })
  expect(loaders).toEqual([])
})
