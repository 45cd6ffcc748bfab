import { expect } from 'vitest'
import type { TestServer } from '../support/servers/server.ts'
import { type Servers, withServers } from '../support/servers/servers.ts'
import { type Ended, type Environment, environmentOf, hedge } from './hedge.ts'

/** A server, and `hedge` with the address and the key of its first merchant. */
export interface CommandLine {
  readonly fixture: Servers
  server(): Pick<TestServer, 'url' | 'secretKey' | 'publishableKey'>
  /** What `hedge` needs to know of the server. */
  env(): Environment
  run(...args: string[]): Promise<Ended>
  /** Runs a command that has to succeed, and returns its JSON. */
  json(...args: string[]): Promise<ReturnType<typeof JSON.parse>>
}

/** Starts a server, with more variables if given, before a file's tests, and stops it after them. */
export function withCommandLine(variables: Record<string, string> = {}): CommandLine {
  const fixture = withServers(1, variables)
  const server = () => fixture.servers[0] ?? expect.fail('the server has not started')
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
