import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import { createDatabase } from '../../support/databases/postgres.ts'
import { childEnvironment } from '../../support/processes/environment.ts'

/** A server process on a database of its own, and the key pair it was started with. */
export interface RealServer {
  url: string
  apiKey: string
  apiSecret: string
  stop: () => Promise<void>
}

/** Starts the server as users do, on a free port, and waits until it says that it is ready. */
export async function startRealServer(): Promise<RealServer> {
  const database = await createDatabase(inject('postgresAdminUrl'))
  const keys = {
    apiKey: 'pk_test_sdk_end_to_end',
    apiSecret: 'sk_test_OnlyForTheEndToEndTestsOfTheSdk',
  }
  const child = spawn(process.execPath, [inject('programs').server], {
    env: {
      ...childEnvironment,
      PORT: '0',
      LOG_LEVEL: 'warn',
      DATABASE_URL: database.url,
      HEDGE_API_KEY: keys.apiKey,
      HEDGE_API_SECRET: keys.apiSecret,
    },
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await database.drop()
  }
  try {
    return { ...keys, url: await addressFrom(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function addressFrom(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((found, fail) => {
    let said = ''
    const listen = (chunk: Buffer) => {
      said += chunk.toString()
      const address = /ready at (http:\/\/\S+)/.exec(said)?.[1]
      if (address !== undefined) found(address)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', () => fail(new Error(`the server ended. It said:\n${said}`)))
  })
}
