import type { Check } from '@hedgepayments/server/admin'
import { Command } from 'commander'
import { checkServer } from '../doctor/server.ts'
import { type Environment, findOwnAddress, readServerSettings } from '../doctor/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { renderCheck } from '../output/checks.ts'
import { withExamples } from '../output/examples.ts'
import { toJson } from '../output/json.ts'
import { withoutSecrets } from '../output/report-error.ts'
import { print } from '../output/terminal.ts'
import type { GlobalOptions } from '../session.ts'

interface DoctorOptions extends GlobalOptions {
  database?: string
  settings?: string
  production?: boolean
}

/** `hedge doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('check the settings, the server, the key, the database and the disk')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    // Not `--env-file`: Node reads that option itself, wherever it stands.
    .option('--settings <path>', "a file with the server's settings, NAME=value on each line")
    .option('--production', 'also judge whether the settings and files are fit for real payments')
    .addHelpText(
      'after',
      `
Each line is ok, warn or fail, and says what was found. After a warn or fail come what was expected and
what to do. The exit code is 1 if a line is fail, else 0. The server may be down. The database is checked
if it is reachable: that of --database or DATABASE_URL, or the bundled one of a running server. A row is
written and deleted again.`,
    )
    .action(async (_options: DoctorOptions, self: Command) => {
      const given = self.optsWithGlobals<DoctorOptions>()
      const { env, checks: ofFile } = await readServerSettings(given.settings)
      const dataDir = (given.settings && env.HEDGE_DATA_DIR?.trim()) || given.dataDir
      const baseUrl = given.baseUrl ?? (given.settings ? findOwnAddress(env) : undefined)
      const options = { ...given, dataDir, ...(baseUrl === undefined ? {} : { baseUrl }) }
      const checks: Check[] = []
      for await (const check of runChecks(options, { env, ofFile })) {
        checks.push(check)
        if (!options.json) print(renderCheck(check, nameWidth))
      }
      const ok = checks.every(({ status }) => status !== 'fail')
      if (options.json) print(toJson({ object: 'doctor', ok, checks }, 2))
      if (!ok) process.exitCode = exitCodes.error
    })
  return withExamples(command, [
    ['hedge doctor', 'check everything'],
    ['hedge doctor --production --settings /etc/hedge-payments.env', 'before going live'],
    ['hedge doctor --json | jq -e .ok', 'for monitoring'],
  ])
}

/** Runs every check in turn. No text contains a secret, whatever a message of another program says. */
async function* runChecks(options: DoctorOptions, settings: Settings): AsyncGenerator<Check> {
  for await (const check of allChecks(options, settings)) {
    yield { ...check, found: withoutSecrets(check.found) }
  }
}

/** The server's settings, and what was found in their file. */
interface Settings {
  readonly env: Environment
  readonly ofFile: readonly Check[]
}

async function* allChecks(
  options: DoctorOptions,
  { env, ofFile }: Settings,
): AsyncGenerator<Check> {
  yield* ofFile
  yield* checkServer(options)
  // Imported here, so that the checks above work even if the server's code does not load.
  const { checkFolder, diagnoseSettings } = await import('@hedgepayments/server/admin')
  const { checkProduction } = await import('../doctor/production.ts')
  const { checkDatabase } = await import('../doctor/database.ts')
  yield* diagnoseSettings(env)
  if (options.production) yield* checkProduction(env, options.settings ?? null)
  yield* checkDatabase(options, env)
  yield* await checkFolder(options.dataDir)
}

/** The width of the longest name. */
const nameWidth = 18
