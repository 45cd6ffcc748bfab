import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { childEnvironment } from '../../support/processes/environment.ts'
import { until } from '../../support/until.ts'
import { temporaryFolder } from '../folder.ts'
import { withCommandLine } from '../with-server.ts'

const { env } = withCommandLine()
const folder = temporaryFolder()
const left: number[] = []

/** `hedge listen` runs until a signal, as `hedge serve` does, and says its process id here. */
beforeAll(async () => {
  const bin = join(folder(), 'node_modules/.bin')
  await mkdir(bin, { recursive: true })
  const program = `#!${process.execPath}\nconsole.log('pid', process.pid)\nawait import(${JSON.stringify(inject('programs').cli)})\n`
  await writeFile(join(bin, 'hedge.mjs'), program)
  await chmod(join(bin, 'hedge.mjs'), 0o755)
  await writeFile(join(folder(), 'package.json'), '{"scripts":{"events":"hedge.mjs listen"}}')
})

afterEach(() => {
  for (const pid of left.splice(0)) if (exists(pid)) process.kill(pid, 'SIGKILL')
})

interface Started {
  readonly starter: ChildProcess
  /** The process of `hedge`. */
  readonly pid: number
  output(): string
}

/** Starts a program that starts `hedge listen`, and waits until `hedge` runs. */
async function start([program = '', ...args]: readonly string[], more = {}): Promise<Started> {
  const starter = spawn(program, args, {
    cwd: folder(),
    env: { ...childEnvironment, HEDGE_DATA_DIR: folder(), HOME: folder(), ...env(), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [starter.stdout, starter.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  await until('hedge listens', () => output.includes('Printing events'))
  const pid = Number(/^pid (\d+)$/m.exec(output)?.[1])
  left.push(pid, starter.pid ?? 0)
  return { starter, pid, output: () => output }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const starts: readonly (readonly string[])[] = [
  ['npm', 'exec', '--offline', '--', 'hedge.mjs', 'listen'],
  ['npm', 'run', '--silent', 'events'],
]

describe.skipIf(process.platform === 'win32')('a command that npm started', () => {
  test.each(
    starts.flatMap((command) =>
      (['SIGTERM', 'SIGKILL'] as const).map((signal) => ({ command, signal })),
    ),
  )('$command ends soon after $signal to npm', async ({ command, signal }) => {
    const { starter, pid, output } = await start(command)
    const ended = once(starter, 'exit')
    starter.kill(signal)
    await ended
    await until('hedge ends', () => !exists(pid))
    // The shell may have passed SIGTERM on. Nothing passes SIGKILL on.
    if (signal === 'SIGKILL')
      expect(output()).toContain('npm, which started this command, has ended')
  })

  test('without a shell in between ends with its parent as well', async () => {
    const code = `require('child_process').spawn('node_modules/.bin/hedge.mjs', ['listen'], { stdio: 'inherit' })`
    const { starter, pid } = await start([process.execPath, '-e', code], { npm_command: 'exec' })
    starter.kill('SIGKILL')
    await until('hedge ends', () => !exists(pid))
  })
})

test('a command that npm did not start outlives its parent', async () => {
  const { starter, pid } = await start(['sh', '-c', 'node_modules/.bin/hedge.mjs listen; exit'])
  // A command that npm started later shows that a check has had its time.
  starter.kill('SIGKILL')
  await until('the shell ends', () => !exists(starter.pid ?? 0))
  const later = await start(starts[0] ?? [])
  later.starter.kill('SIGKILL')
  await until('the later command ends', () => !exists(later.pid))
  expect(exists(pid)).toBe(true)
})
