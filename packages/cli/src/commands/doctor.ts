import { Command } from 'commander'
import type { Check } from '../doctor/check.ts'
import { checkProxies } from '../doctor/proxies.ts'
import { checkServer } from '../doctor/server.ts'
import { withExamples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import type { GlobalOptions } from '../session.ts'
import { harmless, paint, print, type Style } from '../terminal.ts'

interface DoctorOptions extends GlobalOptions {
  database?: string
}

/** `hedge doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('look at the server, the key, the database and the disk')
    .option('--database <url>', 'look into this database (default: DATABASE_URL, else the bundled)')
    .addHelpText(
      'after',
      `
Each line is ok, warn or fail; the exit code is 1 when one is fail. It works while the server is
down. The database is looked into where it can be reached: with --database, DATABASE_URL, or
beside the data folder of a running server.`,
    )
    .action(async (_options: DoctorOptions, self: Command) => {
      const options = self.optsWithGlobals<DoctorOptions>()
      const checks: Check[] = []
      const report = (check: Check) => {
        checks.push(check)
        if (!options.json) print(renderCheck(check))
      }
      for (const check of checkProxies(process.env)) report(check)
      for await (const check of checkServer(options)) report(check)
      // Only here is the server's code needed; a broken one must not keep the rest from running.
      const { checkDatabase, checkDisk } = await import('../doctor/database.ts')
      for await (const check of checkDatabase(options)) report(check)
      for await (const check of checkDisk(options.dataDir)) report(check)
      const ok = checks.every(({ status }) => status !== 'fail')
      if (options.json) print(JSON.stringify({ object: 'doctor', ok, checks }, null, 2))
      if (!ok) process.exitCode = exitCodes.error
    })
  return withExamples(command, [
    ['hedge doctor', 'is everything well?'],
    ['hedge doctor --json | jq -e .ok', 'for monitoring'],
  ])
}

const styles: Readonly<Record<Check['status'], Style>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
}

function renderCheck({ name, status, message }: Check): string {
  return `${paint(styles[status], status.padEnd(4))}  ${name.padEnd(13)}  ${harmless(message)}`
}
