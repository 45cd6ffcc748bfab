import { spawnSync } from 'node:child_process'
import { matchesGlob } from 'node:path'
import { describe, expect, test } from 'vitest'
import { read, root } from './files.ts'

describe('a file for secrets that the documents tell users to create', () => {
  const files = [
    ...['deploy/compose.env', '.env', '.env.local', '.env.production', 'production.env'],
    ...['examples/express-shop/.env', 'packages/server/.env', 'packages/server/hedge.env'],
    ...['.hedge/credentials.json', 'packages/server/.hedge/postgres/password'],
    ...['restored/credentials.json', 'restored/postgres/data/PG_VERSION', 'shop/credentials.json'],
    ...['ca.pem', 'deploy/tls.key', 'hedge.dump', 'hedge-backup.tar.gz'],
  ]

  test.each(files)('is ignored by git: %s', (file) => {
    const { status } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', file], {
      cwd: root,
    })
    expect(status).toBe(0)
  })

  test.each(files)('is excluded from the image: %s', (file) => {
    const patterns = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    const parts = file.split('/')
    // An ignored folder excludes all its files.
    const paths = parts.map((_, at) => parts.slice(0, at + 1).join('/'))
    const isIgnored = paths.some((path) => patterns.some((pattern) => matchesGlob(path, pattern)))
    expect(isIgnored).toBe(true)
  })

  test('git tracks the example, and no ignored file', () => {
    const listed = (...args: string[]) =>
      spawnSync('git', ['ls-files', ...args], { cwd: root, encoding: 'utf8' }).stdout
    expect(listed('--cached', '--ignored', '--exclude-standard')).toBe('')
    expect(listed('deploy')).toContain('deploy/compose.env.example')
    expect(read('deploy/compose.env.example')).not.toMatch(/^\w+=\S/m)
  })
})
