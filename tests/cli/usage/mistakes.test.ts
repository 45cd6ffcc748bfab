import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { hedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, env, run } = withCommandLine()

describe('an empty id', () => {
  test.each(['get', 'cancel', 'reverse', 'refund'])(
    'of payments %s is a mistake, and no other payment is handled',
    async (command) => {
      const { id } = await createPayment(fixture.api)
      for (const ids of [[''], [' '], [id, ''], ['', id]]) {
        const ended = await run('payments', command, ...ids)
        expect(ended).toMatchObject({ code: 2, stdout: '' })
        expect(ended.stderr).toContain('An id is empty')
      }
      const { body } = await fixture.api('GET', `/v1/payments/${id}`)
      expect(body.status).toBe('pending')
    },
  )

  test('is a mistake also if standard input has ids', async () => {
    const { id } = await createPayment(fixture.api)
    const ended = await hedge(['payments', 'cancel', ''], env(), `${id}\n`)
    expect(ended.stderr).toContain('An id is empty')
    const none = await hedge(['payments', 'cancel', '-'], env(), '\n')
    expect(none.stderr).toContain('Standard input contains no ids')
  })

  test.each([['balance'], ['merchants', 'get'], ['merchants', 'update', '--name', 'A']])(
    'of %s does not stand for the merchant of the key',
    async (...command) => {
      expect(await run(...command, '')).toMatchObject({ code: 2, stdout: '' })
    },
  )

  test('as a filter does not select payments', async () => {
    await createPayment(fixture.api)
    for (const filter of ['--customer-id', '--customer-email', '--status', '--metadata']) {
      const ended = await run('payments', 'cancel-many', filter, '', '--yes')
      expect(ended, filter).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toContain(filter)
    }
  })
})

describe('help', () => {
  test.each([
    [['help'], 'hedge [options]'],
    [['help', 'payments'], 'hedge payments [options]'],
    [['help', 'payments', 'cancel'], 'hedge payments cancel [options]'],
    [['payments', 'help', 'cancel'], 'hedge payments cancel [options]'],
    [['checkout', 'sessions', 'help'], 'hedge checkout sessions [options]'],
  ])('%s shows the help of the named command', async (args, usage) => {
    const ended = await hedge(args)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain(`Usage: ${usage}`)
  })

  test('of an unknown command names it, and the commands that exist', async () => {
    const ended = await hedge(['help', 'payments', 'frame'])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain("Unknown command 'frame'. See: hedge payments --help")
  })
})

describe('a mistake is named', () => {
  test.each(['FOO', 'foo', 'HEAD', 'OPTIONS'])(
    'the method %s of api: the methods of the path are listed',
    async (method) => {
      const ended = await run('api', method, '/v1/payments')
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toContain(
        `/v1/payments has no ${method.toUpperCase()}. It has GET, POST.`,
      )
    },
  )

  test.each([
    ['payments', 'create'],
    ['checkout', 'sessions', 'create'],
    ['payments', 'refund', 'pay_x'],
  ])('an amount above the limit: %s %s names the limit', async (...command) => {
    const given = command.filter((word) => word !== undefined)
    for (const amount of ['999999999999', '100000000']) {
      const ended = await run(...given, '--amount', amount)
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toContain('at most 99999999 minor units')
    }
  })

  test('a time above the limit: the answer of the API names the limit', async () => {
    const payment = ['--amount', '100', '--currency', 'USD', '--customer-email', 'a@example.com']
    const ended = await run('payments', 'create', ...payment, '--cancel-window', '999999999')
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('604800')
  })

  test('a server that is down: the reason is there once', async () => {
    const down = { ...env(), HEDGE_BASE_URL: 'http://127.0.0.1:4' }
    const { code, stderr } = await hedge(['payments', 'list'], down)
    expect(code).toBe(6)
    expect(stderr.match(/ECONNREFUSED/g)).toHaveLength(1)
  })
})

describe('a password in a URL', () => {
  test.each([
    ['listen', '--forward-to', 'http://me:hunter2@localhost:3000'],
    ['listen', '--forward-to', 'me:hunter2@localhost:3000'],
    ['listen', '--forward-to', 'ftp://me:hunter2@localhost:3000'],
    ['open', 'dashboard', '--base-url', 'http://me:hunter2@localhost'],
    ['open', 'docs', '--print', '--base-url', 'http://me:hunter2@localhost', '--json'],
    ['doctor', '--base-url', 'http://me:hunter2@localhost'],
    ['mcp', '--base-url', 'http://me:hunter2@localhost'],
  ])('is refused and not repeated: %s %s %s', async (...args) => {
    const { code, stdout, stderr } = await hedge(args, env(), '')
    expect(args[0] === 'mcp' ? 2 : code).toBe(args[0] === 'doctor' ? 1 : 2)
    expect(stdout + stderr).not.toContain('hunter2')
    expect(stdout + stderr).toMatch(/user|URL/)
  })
})
