import { Command } from 'commander'
import type { Check } from '../doctor/check.ts'
import { checkProxies } from '../doctor/proxies.ts'
import { checkServer } from '../doctor/server.ts'
import { exitCodes } from '../exit-codes.ts'
import { withExamples } from '../output/examples.ts'
import { toJson } from '../output/json.ts'
import { harmless, paint, print, type Style } from '../output/terminal.ts'
import type { GlobalOptions } from '../session.ts'

interface DoctorOptions extends GlobalOptions {
  database?: string
}

/** `hedge doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('check the server, the key, the database and the disk')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
Each line is ok, warn or fail. The exit code is 1 if a line is fail. The server may be down. The
database is checked if it is reachable: that of --database or DATABASE_URL, or the bundled one of a
running server.`,
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
      // Imported here, so that the checks above work even if the server's code does not load.
      const { checkDatabase, checkDisk } = await import('../doctor/database.ts')
      for await (const check of checkDatabase(options)) report(check)
      for await (const check of checkDisk(options.dataDir)) report(check)
      const ok = checks.every(({ status }) => status !== 'fail')
      if (options.json) print(toJson({ object: 'doctor', ok, checks }, 2))
      if (!ok) process.exitCode = exitCodes.error
    })
  return withExamples(command, [
    ['hedge doctor', 'check everything'],
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
