import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { CliError, exitCodes } from '../exit-codes.ts'

/** The environment of a server. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings of the server: the environment of this process, and over it those of a file in the format
 * of systemd and Docker.
 *
 * @throws {CliError} if the file cannot be read.
 */
export async function readServerEnvironment(file: string | undefined): Promise<Environment> {
  if (file === undefined) return process.env
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const message = `Cannot read the file of --settings: ${error.code ?? error.message}.`
    throw new CliError(exitCodes.usage, 'invalid_settings_file', message)
  })
  return { ...process.env, ...parseEnv(text) }
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
