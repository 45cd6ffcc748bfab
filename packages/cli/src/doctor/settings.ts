import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Check } from '@hedgepayments/server/admin'
import { CliError, exitCodes } from '../exit-codes.ts'

/** The environment of a server. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The settings of a server, and how their file was read. */
export interface ServerSettings {
  readonly env: Environment
  /** Empty without a file. */
  readonly checks: readonly Check[]
}

/**
 * The settings of the server: the environment of this process, and over it those of a file in the format
 * of systemd and Docker.
 *
 * @throws {CliError} if the file cannot be read.
 */
export async function readServerSettings(file: string | undefined): Promise<ServerSettings> {
  if (file === undefined) return { env: process.env, checks: [] }
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const message = `Cannot read the file of --settings: ${error.code ?? error.message}.`
    throw new CliError(exitCodes.usage, 'invalid_settings_file', message)
  })
  const settings = parseEnv(text)
  return { env: { ...process.env, ...settings }, checks: [checkLines(text, settings)] }
}

function checkLines(text: string, settings: object): Check {
  const wrong = findWrongLines(text)
  const count = Object.keys(settings).filter((name) => /^\w+$/.test(name)).length
  const found = `${count} setting${count === 1 ? '' : 's'}`
  const check = { name: 'settings_file', expected: null, action: null }
  if (wrong.length === 0) return { ...check, status: 'ok', found }
  return {
    name: 'settings_file',
    status: 'fail',
    // Without its text, which may be a secret.
    found: `${found}; not read: line ${wrong.slice(0, 5).join(', ')}${wrong.length > 5 ? ', …' : ''}`,
    expected: 'NAME=value, a comment (#) or nothing on each line',
    action: 'correct the lines: they have no effect',
  }
}

/** The numbers of the lines that are neither `NAME=value`, empty nor a comment. */
function findWrongLines(text: string): number[] {
  const wrong: number[] = []
  // A quoted value may have several lines.
  let quote = ''
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (quote !== '') {
      if (line.includes(quote)) quote = ''
      continue
    }
    if (/^\s*(#|;|$)/.test(line)) continue
    const value = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*(.*)$/.exec(line)?.[1]
    if (value === undefined) wrong.push(index + 1)
    else quote = /^(["'`])(?!.*\1)/.exec(value)?.[1] ?? ''
  }
  return wrong
}

/**
 * The address of the server that has these settings, on this machine. `undefined`: they name none, or name
 * another one by HEDGE_BASE_URL.
 */
export function findOwnAddress({
  HEDGE_BASE_URL: named,
  PORT: port,
}: Environment): string | undefined {
  if (named?.trim() || !port || !/^\d{1,5}$/.test(port.trim())) return undefined
  return `http://127.0.0.1:${port.trim()}`
}
