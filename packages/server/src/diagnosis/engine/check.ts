/** The result of one check of `hedge doctor`. */
export interface Check {
  /** A stable name for programs, such as `synchronous_commit`. */
  readonly name: string
  /** `warn`: payments are taken, but something should change. `fail`: payments fail or can be lost. */
  readonly status: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What should have been found; `null` if the check is ok. */
  readonly expected: string | null
  /** What the operator can do; `null` if the check is ok. */
  readonly action: string | null
}

/** What a check says about a problem. */
export interface Problem {
  readonly found: string
  readonly expected: string
  readonly action: string
}

/** A check that has found nothing wrong. */
export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found, expected: null, action: null }
}

/** A check that has found something that should change. */
export function warn(name: string, problem: Problem): Check {
  return { name, status: 'warn', ...problem }
}

/** A check that has found a fault. */
export function fail(name: string, problem: Problem): Check {
  return { name, status: 'fail', ...problem }
}

/** `1 payment`, `1,204 payments`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`
}

/** `640 MB`, `12.3 GB`. */
export function formatBytes(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3
  if (gibibytes >= 1) return `${gibibytes.toFixed(1)} GiB`
  return `${Math.round(bytes / 1024 ** 2)} MiB`
}

/** `90 s`, `12 min`, `5 h`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
