import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProgram } from '../../packages/cli/src/program.ts'
import { createPayment } from '../support/http/api.ts'
import { size } from '../support/size.ts'
import { hedge } from './hedge.ts'
import { withCommandLine } from './with-server.ts'

const { fixture, server, env } = withCommandLine()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-cli-'))
  await createPayment(fixture.api)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const colour = '\u001b['

type Command = ReturnType<typeof createProgram>
const allOf = (command: Command): Command[] => [command, ...command.commands.flatMap(allOf)]

describe('colours', () => {
  test('are used on terminals only, not in pipes', async () => {
    const { stdout } = await hedge(['payments', 'list'], env())
    expect(stdout).not.toContain(colour)
  })

  test('are enabled by FORCE_COLOR, and disabled by NO_COLOR', async () => {
    const forced = { ...env(), FORCE_COLOR: '1' }
    const { stdout } = await hedge(['payments', 'list'], forced)
    expect(stdout).toContain(colour)
    const none = await hedge(['payments', 'list'], { ...env(), NO_COLOR: '1' })
    expect(none.stdout).not.toContain(colour)
    const json = await hedge(['payments', 'list', '--json'], forced)
    expect(json.stdout).not.toContain(colour)
  })
})

describe('help', () => {
  test('has a description and examples for every command', () => {
    const commands = allOf(createProgram({ json: false }))
    expect(commands.map((command) => command.name())).toContain('cancel')
    for (const command of commands) {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(command.description(), command.name()).not.toBe('')
      expect(help, command.name()).toMatch(/^Examples:\n {2}# .*\n {2}\$ .*hedge /m)
    }
  })

  test('documents the exit codes', async () => {
    const { code, stdout, stderr } = await hedge(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const each of [0, 1, 2, 3, 4, 5, 6, 130]) expect(stdout).toContain(`\n  ${each}  `)
  })
})

describe('the secret key', () => {
  test('is read from the data folder if the environment has none, and --verbose says so', async () => {
    const file = join(folder, 'credentials.json')
    const pair = { publishableKey: server().publishableKey, secretKey: server().secretKey }
    await writeFile(file, JSON.stringify(pair))
    const env = { HEDGE_BASE_URL: server().url }
    const { code, stderr } = await hedge(
      ['payments', 'list', '--data-dir', folder, '--verbose'],
      env,
    )
    expect(code).toBe(0)
    expect(stderr).toContain(file)
    expect(stderr).toContain(server().url)
    expect(stderr).not.toContain(server().secretKey)
  })

  test.each(
    size({ quick: ['sk_live_of_nobody'], all: ['sk_test_of_nobody', 'sk_live_of_nobody'] }),
  )('%s is sent to this machine by default', async (apiSecret) => {
    const env = { HEDGE_API_SECRET: apiSecret }
    // The result depends on the program that listens there. Only the address matters.
    const { stderr } = await hedge(['payments', 'list', '--verbose'], env)
    expect(stderr).toContain('server: http://127.0.0.1:4000\n')
  })

  test('is not printed if it was typed in a wrong place', async () => {
    const { code, stderr } = await hedge([server().secretKey])
    expect(code).toBe(2)
    expect(stderr).not.toContain(server().secretKey)
  })
})

describe('shell completion', () => {
  const bash = async (script: string) =>
    (await promisify(execFile)('bash', ['-c', script], { env: { PATH: process.env.PATH } })).stdout

  test('by the script for bash completes commands, options and their values', async () => {
    const { code, stdout } = await hedge(['completion', 'bash'])
    expect(code).toBe(0)
    const completions: [typed: string[], offered: unknown][] = [
      [['pay'], ['payments']],
      [
        ['payments', 'can'],
        ['cancel', 'cancel-many'],
      ],
      [['clock', ''], expect.arrayContaining(['advance'])],
      [['checkout', 'sessions', 'ex'], ['expire']],
      [['processors', 'set', 's'], ['stripe']],
      [['payments', 'cancel-many', '--dry'], ['--dry-run']],
      [
        ['--json', 'payments', 'list', '--status', 'p'],
        ['pending', 'processing', 'partially_refunded'],
      ],
      [['completion', 'z'], ['zsh']],
    ]
    // One shell for all completions: starting bash with this script takes longer than completing.
    const asked = completions.map(([typed]) => {
      const line = typed.map((word) => `'${word}'`).join(' ')
      return `COMP_WORDS=(hedge ${line}); COMP_CWORD=${typed.length}; COMPREPLY=(); _hedge; echo "\${COMPREPLY[@]}"`
    })
    const offered = (await bash(`set -u\n${stdout}\n${asked.join('\n')}`)).trim().split('\n')
    expect(offered.map((line) => line.trim().split(' '))).toEqual(
      completions.map(([, each]) => each),
    )
  })

  test.skipIf(!isInstalled('zsh'))('by the script for zsh does the same, in zsh', async () => {
    const { stdout } = await hedge(['completion', 'zsh'])
    expect(stdout).toMatch(/^#compdef hedge\n/)
    // Outside of a completion, zsh has no completion functions. These replacements print the suggestions.
    const stage = `compdef() { : }; compadd() { shift; print -l -- "$@" }; _describe() { print -l -- "\${(@P)2}" }`
    const complete = async (...typed: string[]) => {
      const line = typed.map((word) => `'${word}'`).join(' ')
      const asked = `words=(${line}); CURRENT=${typed.length}; _hedge`
      const script = `${stage}\n${stdout}\n${asked}`
      const run = await promisify(execFile)('zsh', ['-f', '-c', script])
      return run.stdout.trim().split('\n')
    }
    expect(await complete('hedge', '')).toContain(
      'payments:create, find, cancel and refund payments',
    )
    expect(await complete('hedge', 'payments', 'create', '--payment-method', '')).toEqual([
      'card',
      'ach',
      'crypto',
    ])
  })

  test.skipIf(!isInstalled('fish'))('by the script for fish does the same, in fish', async () => {
    const { stdout } = await hedge(['completion', 'fish'])
    const complete = async (line: string) => {
      const script = `${stdout}\ncomplete -C '${line}'`
      const run = await promisify(execFile)('fish', ['--no-config', '-c', script])
      return run.stdout.split('\n').map((offer) => offer.split('\t')[0])
    }
    expect(await complete('hedge payments can')).toContain('cancel')
    expect(await complete('hedge payments list --status proc')).toContain('processing')
  })

  test('has scripts for zsh and fish as well, and for no other shell', async () => {
    expect((await hedge(['completion', 'zsh'])).stdout).toMatch(/^#compdef hedge\n/)
    expect((await hedge(['completion', 'fish'])).stdout).toContain('complete -c hedge')
    expect((await hedge(['completion', 'tcsh'])).code).toBe(2)
  })
})

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit']).status === 0
}
