import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from './folder.ts'
import { hedge } from './hedge.ts'
import { withCommandLine } from './with-server.ts'

const { server, env } = withCommandLine()
const folder = temporaryFolder()

describe('the address of the server', () => {
  const list = ['payments', 'list', '--json']

  async function store(url: string): Promise<Record<string, string>> {
    const { publishableKey, secretKey } = server()
    const file = join(folder(), 'credentials.json')
    await writeFile(file, JSON.stringify({ publishableKey, secretKey, url }))
    return { HEDGE_DATA_DIR: folder() }
  }

  test('is stored with the key, so no other setting is needed', async () => {
    const variables = await store(server().url)
    expect(await hedge(list, variables)).toMatchObject({ code: 0, stderr: '' })
    const localhost = server().url.replace('127.0.0.1', 'localhost')
    expect((await hedge(list, { ...variables, HEDGE_BASE_URL: localhost })).code).toBe(0)
  })

  test('from another source than the key is refused, so no key is sent to another server', async () => {
    const variables = await store('http://127.0.0.1:1')
    const other = await hedge(list, { ...variables, HEDGE_BASE_URL: server().url })
    expect(other).toMatchObject({ code: 5, stdout: '' })
    expect(JSON.parse(other.stderr).error.code).toBe('wrong_server')
    // On the command line, the user names the server for this key.
    expect((await hedge([...list, '--base-url', server().url], variables)).code).toBe(0)
  })

  test('and the key of the environment together replace the stored ones', async () => {
    const stored = await store('http://127.0.0.1:1')
    expect((await hedge(list, { ...stored, ...env() })).code).toBe(0)
  })

  test.each(['localhost:4000', 'ftp://localhost', 'http://me:hunter2@localhost'])(
    'may not be %s, and the error shows no password',
    async (url) => {
      const ended = await hedge([...list, '--base-url', url], env())
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).not.toContain('hunter2')
    },
  )
})

describe('a proxy', () => {
  let proxy: Server
  const hosts: string[] = []

  beforeAll(async () => {
    proxy = createServer()
    // Forwards every host to the test server.
    proxy.on('connect', (request, client) => {
      hosts.push(request.url ?? '')
      const upstream = connect(Number(new URL(server().url).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
      for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy())
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
  })

  afterAll(() => {
    proxy?.close()
  })

  const through = (variables: Record<string, string> = {}) => {
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    return { ...env(), HEDGE_BASE_URL: 'http://hedge.test:8080', HTTP_PROXY: url, ...variables }
  }

  test('of the environment carries the requests to the API', async () => {
    const listed = await hedge(['payments', 'list', '--json'], through())
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    const raw = await hedge(['api', 'GET', '/v1/payments'], through())
    expect(raw).toMatchObject({ code: 0, stderr: '' })
    expect(new Set(hosts)).toEqual(new Set(['hedge.test:8080']))
  })

  test('is not used for hosts of NO_PROXY or for this machine', async () => {
    hosts.length = 0
    const direct = await hedge(['payments', 'list'], through({ NO_PROXY: 'hedge.test' }))
    expect(direct.code).toBe(6)
    const local = await hedge(['payments', 'list'], through({ HEDGE_BASE_URL: server().url }))
    expect(local.code).toBe(0)
    expect(hosts).toEqual([])
  })

  test('with an invalid URL is an error', async () => {
    const ended = await hedge(['payments', 'list'], through({ HTTP_PROXY: 'proxy.example' }))
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('HTTPS_PROXY')
  })
})
