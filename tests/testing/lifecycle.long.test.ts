import { spawn } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Consumer, createConsumer } from './consumer.ts'

let consumer: Consumer

beforeAll(async () => {
  consumer = await createConsumer()
  await consumer.write({
    'package.json': '{ "private": true }',
    // Prints the URL of its server, and waits until it is told to end.
    'client.mjs': `
      import { startSandbox } from '@hedgepayments/testing'
      const sandbox = await startSandbox()
      console.log(sandbox.url)
      process.stdin.resume().on('end', () => sandbox.stop())`,
    'client.cjs': `
      const { startSandbox } = require('@hedgepayments/testing')
      startSandbox().then(async (sandbox) => {
        console.log(sandbox.url)
        await sandbox.stop()
      })`,
    'paid.mjs': `
      import { startSandbox } from '@hedgepayments/testing'
      const sandbox = await startSandbox()
      await sandbox.hedge.payments.create({ amount: 999, currency: 'USD', customer_email: 'a@example.com' })
      console.log((await sandbox.webhooks.next('payment.created', { timeoutMs: 60_000 })).event.type)
      await sandbox.stop()`,
    'forgets.mjs': `
      import { startSandbox } from '@hedgepayments/testing'
      console.log((await startSandbox()).url)`,
  })
})

afterEach(() => consumer.untilNothingIsLeft())
afterAll(() => consumer?.remove())

interface Client {
  readonly url: Promise<string>
  /** Tells the process to stop, and resolves with its exit code. */
  stop(): Promise<number | null>
  kill(): Promise<unknown>
}

function startClient(file = 'client.mjs'): Client {
  const { folder: cwd, env } = consumer
  const child = spawn(process.execPath, [file], { cwd, env: { ...env } as NodeJS.ProcessEnv })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let output = ''
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (output.startsWith('http') && output.endsWith('\n')) resolve(output.trim())
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then(() => reject(new Error(`the client has ended: ${output}`)))
  })
  return {
    url,
    stop: () => {
      child.stdin.end()
      return exited
    },
    kill: () => {
      child.kill('SIGKILL')
      return exited
    },
  }
}

/** The process ids of every PostgreSQL with data in the folder of the servers. */
async function postgresPids(): Promise<number[]> {
  const [place = ''] = await readdir(join(consumer.folder, 't')).then((names) =>
    names.filter((name) => name.startsWith('hedge-testing-')),
  )
  const files = (await consumer.hosts()).map((host) =>
    join(consumer.folder, 't', place, host, 'data/postgres/data/postmaster.pid'),
  )
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.map((text) => Number.parseInt(text, 10)).filter((pid) => pid > 0)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The server's process, which listens on the port of the API. */
async function killHost(url: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(consumer.folder) && command.includes('host.js')) {
      process.kill(Number(pid), 'SIGKILL')
    }
  }
  await until('the server is gone', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  )
}

test('processes that start at the same time share one server, which ends after the last of them', async () => {
  const clients = Array.from({ length: 5 }, () => startClient())
  const urls = new Set(await Promise.all(clients.map(({ url }) => url)))
  expect(urls.size).toBe(1)
  const pids = await postgresPids()
  expect(pids).toHaveLength(1)
  expect(await Promise.all(clients.map((client) => client.stop()))).toEqual([0, 0, 0, 0, 0])
  await consumer.untilNothingIsLeft()
  await until('PostgreSQL has ended', () => !pids.some(isRunning))
})

test('a killed test process leaves no server, no PostgreSQL and no files', async () => {
  const client = startClient()
  await client.url
  const pids = await postgresPids()
  await client.kill()
  await consumer.untilNothingIsLeft()
  await until('PostgreSQL has ended', () => !pids.some(isRunning))
})

test('a process that does not call stop still ends by itself', async () => {
  expect(await consumer.run(process.execPath, ['forgets.mjs'])).toMatch(/^http/)
})

test.runIf(process.platform !== 'win32')(
  'the proxy of the environment gets no call and no webhook of a sandbox',
  async () => {
    // Nobody listens there.
    const proxy = ['NODE_USE_ENV_PROXY=1', 'HTTP_PROXY=http://127.0.0.1:1']
    const said = await consumer.run('env', [...proxy, process.execPath, 'paid.mjs'])
    expect(said.trim()).toBe('payment.created')
  },
)

test('CommonJS attaches to the server that an ES module has started', async () => {
  const client = startClient()
  const url = await client.url
  expect((await consumer.run(process.execPath, ['client.cjs'])).trim()).toBe(url)
  await client.stop()
})

test.runIf(process.platform === 'linux')(
  'a start after the server was killed works, and removes its leftovers',
  async () => {
    const killed = startClient()
    const url = await killed.url
    const pids = await postgresPids()
    await killHost(url)
    await killed.stop()
    await until('PostgreSQL has ended', () => !pids.some(isRunning))
    const left = await consumer.hosts()
    expect(left.length).toBeGreaterThan(0)
    const next = startClient()
    expect(await next.url).not.toBe(url)
    await until('the leftovers are gone', async () => {
      const found = await consumer.hosts()
      return !left.some((name) => found.includes(name))
    })
    expect(await next.stop()).toBe(0)
  },
)

test.runIf(process.platform !== 'win32')(
  'a folder that other users may write to is refused, with its name',
  async () => {
    const folder = join(consumer.folder, 't', `hedge-testing-${process.getuid?.()}`)
    await mkdir(folder)
    await chmod(folder, 0o777)
    await expect(startClient().url).rejects.toThrow(`${folder} has to be a folder of yours`)
    await rmdir(folder)
  },
)

test('a server that cannot start reports the reason', async () => {
  const main = join(consumer.folder, 'node_modules/@hedgepayments/server/dist/index.js')
  const text = await readFile(main, 'utf8')
  await writeFile(main, `throw new Error('the disk of this test is full')\n${text}`)
  try {
    await expect(startClient().url).rejects.toThrow('the disk of this test is full')
  } finally {
    await writeFile(main, text)
  }
})

test('the last server removes the folder of all servers', async () => {
  await consumer.run(process.execPath, ['client.cjs'])
  await until('the folder is gone', async () => (await placesLeft()).length === 0)
})

test('servers start while the folder of all servers is removed again and again', async () => {
  let isOver = false
  let removals = 0
  const remove = async () => {
    while (!isOver) {
      for (const name of await placesLeft()) {
        // As a server that ends: fails if the folder is not empty.
        const removed = rmdir(join(consumer.folder, 't', name))
        await removed.then(() => removals++).catch(() => undefined)
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const startAndStop = async () => {
    const clients = Array.from({ length: 5 }, () => startClient())
    const urls = new Set(await Promise.all(clients.map(({ url }) => url)))
    expect(urls.size).toBe(1)
    expect(await Promise.all(clients.map((client) => client.stop()))).toEqual([0, 0, 0, 0, 0])
  }
  const removing = remove()
  try {
    // On a busy machine, the servers of a round may all start between two removals.
    for (let rounds = 0; rounds === 0 || (removals === 0 && rounds < 10); rounds++) {
      await startAndStop()
    }
  } finally {
    isOver = true
    await removing
  }
  expect(removals).toBeGreaterThan(0)
})

async function placesLeft(): Promise<string[]> {
  const names = await readdir(join(consumer.folder, 't'))
  return names.filter((name) => name.startsWith('hedge-testing-'))
}
