import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import { childEnvironment } from '../support/processes/environment.ts'
import { firstKeys } from '../support/servers/server.ts'

/** A server in a process of its own whose workers work only when told to. */
export interface QuietServer {
  readonly url: string
  /** What it has written to its log so far: nothing, where nothing went wrong. */
  readonly log: () => string
  readonly tell: (order: 'work' | 'rest') => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startQuietServer(databaseUrl: string): Promise<QuietServer> {
  const child = fork(inject('programs').quietServer, [], {
    execArgv: [],
    env: {
      ...childEnvironment,
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'error',
      DATABASE_URL: databaseUrl,
      HEDGE_API_KEY: firstKeys.publishableKey,
      HEDGE_API_SECRET: firstKeys.secretKey,
      HEDGE_ENCRYPTION_KEY: 'a key of this test run, of no worth',
      // Nobody listens there: a processor that is set is one that cannot be reached.
      HEDGE_STRIPE_API_BASE: 'http://127.0.0.1:1',
      HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'allow',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const exited = once(child, 'exit')
  const url = (await said(child, 'listens ', () => log)).slice('listens '.length)
  return {
    url,
    log: () => log,
    async tell(order) {
      const done = said(child, `done ${order}`, () => log)
      child.send(order)
      await done
    },
    async stop() {
      child.disconnect()
      await exited
    },
  }
}

async function said(child: ChildProcess, start: string, log: () => string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the server ended: ${log()}`))
    const onMessage = (message: unknown) => {
      if (!String(message).startsWith(start)) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(String(message))
    }
    child.on('message', onMessage)
    child.once('exit', onExit)
  })
}
