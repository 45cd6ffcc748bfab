import { expect } from 'vitest'
import { type MerchantFixture, withMerchant } from '../support/servers/merchant.ts'
import type { TestServer } from '../support/servers/server.ts'
import { type Ended, type Environment, environmentOf, hedge } from './hedge.ts'

/** A merchant of the file on a shared server, and `hedge` with the server's address and the merchant's key. */
export interface CommandLine {
  readonly fixture: MerchantFixture
  server(): Pick<TestServer, 'url' | 'secretKey' | 'publishableKey'>
  /** The variables that `hedge` needs for the server. */
  env(): Environment
  run(...args: string[]): Promise<Ended>
  /** Runs a command that has to succeed, and returns its JSON. */
  json(...args: string[]): Promise<ReturnType<typeof JSON.parse>>
}

/** Creates a merchant before a file's tests. */
export function withCommandLine(): CommandLine {
  const fixture = withMerchant()
  const server = () => fixture.servers[0] ?? expect.fail('there is no merchant yet')
  const env = () => environmentOf(server())
  const run = (...args: string[]) => hedge(args, env())
  return {
    fixture,
    server,
    env,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(...args, '--json')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      return JSON.parse(stdout)
    },
  }
}
