import type { Check } from '../doctor/run-doctor.ts'
import { hedge } from '../hedge.ts'

/** A report of `hedge verify --json`, its failed checks by name, and its exit code. */
export interface Verification {
  readonly code: number | null
  readonly stderr: string
  readonly ok: boolean
  readonly checks: Readonly<Record<string, Check>>
  /** The findings of the checks that failed, by the name of the check. */
  readonly failed: Readonly<Record<string, string>>
}

/** Runs `hedge verify --json` on a database. */
export async function runVerify(
  given: { databaseUrl: string; env?: Readonly<Record<string, string>> },
  ...options: string[]
): Promise<Verification> {
  const args = ['verify', '--json', '--database', given.databaseUrl, ...options]
  const { code, stdout, stderr } = await hedge(args, given.env)
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
  const failed = checks.filter(({ status }) => status === 'fail')
  return {
    ...{ code, stderr, ok },
    checks: Object.fromEntries(checks.map((check) => [check.name, check])),
    failed: Object.fromEntries(failed.map(({ name, found }) => [name, found])),
  }
}
