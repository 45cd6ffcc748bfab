import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'
import { childEnvironment } from '../support/processes/environment.ts'

/** The arguments of a `hedge` command, and its whole environment. */
export interface HostedCommand {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The result of a command in the host. */
export interface HostedResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The host of this worker process. The files that it runs share the host, which ends with the worker. */
let host: ChildProcess | undefined
let isBusy = false

/** Whether the host can run a command now: it runs one at a time. */
export const isHostFree = () => !isBusy

/**
 * Runs `hedge` in a process that already has its libraries, for a tenth of the processor time of a process of its
 * own. Has no standard input, and gets no signals. @throws {Error} if the command ends the host.
 */
export async function runInHost(command: HostedCommand): Promise<HostedResult> {
  isBusy = true
  host ??= startHost()
  const running = host
  try {
    return await new Promise((resolve, reject) => {
      running.once('message', resolve)
      running.once('exit', (code, signal) => {
        host = undefined
        reject(new Error(`hedge ${command.args[0]} ended its host with ${code ?? signal}`))
      })
      running.send(command)
    })
  } finally {
    running.removeAllListeners()
    isBusy = false
  }
}

function startHost(): ChildProcess {
  const file = join(import.meta.dirname, '../support/processes/command-host-process.ts')
  const started = fork(file, [inject('programs').cli], {
    // Without the cache of compiled sources, which would get a copy of the start file for each command.
    env: { PATH: childEnvironment.PATH },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // It ends with this process, and does not keep this process alive.
  started.unref()
  started.channel?.unref()
  return started
}
