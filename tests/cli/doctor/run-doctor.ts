import { environmentOf, hedge } from '../hedge.ts'

/** A check of `hedge doctor --json`. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly found: string
  readonly expected: string | null
  readonly action: string | null
}

/** The checks of a run, by their names, and its exit code. */
export interface Examination {
  readonly code: number | null
  readonly stdout: string
  readonly checks: Readonly<Record<string, Check>>
}

/** Runs `hedge doctor --json` with a server, a database, and more variables or options. */
export async function runDoctor(
  given: {
    server: { url: string; secretKey: string }
    databaseUrl?: string
    env?: Readonly<Record<string, string>>
  },
  ...options: string[]
): Promise<Examination> {
  const { code, stdout } = await hedge(['doctor', '--json', ...options], {
    ...environmentOf(given.server),
    ...(given.databaseUrl === undefined ? {} : { DATABASE_URL: given.databaseUrl }),
    ...given.env,
  })
  const { checks } = JSON.parse(stdout) as { checks: Check[] }
  return { code, stdout, checks: Object.fromEntries(checks.map((check) => [check.name, check])) }
}
