/** Longest pause after failures, in seconds: retries resume within minutes of a recovery. */
const retrySecondsMax = 300
/** Random lengthening of a pause, so that jobs that failed together are not retried together. */
const jitterMax = 0.5
/** The pause between checks of a pending job, as a part of the time that it has been pending. */
const pendingPart = 0.1

/**
 * The pause after consecutive failures, in seconds: 1, 2, 4 and so on, up to five minutes, and up
 * to half of that more at random. `random` is from 0 to 1.
 */
export function retrySeconds(failures: number, random: number = Math.random()): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 20)
  return lengthen(Math.min(retrySecondsMax, 2 ** exponent), random)
}

/**
 * The pause before the next check of a job that is still pending, in seconds. It depends on the age
 * of the job, not on the number of checks: a message that causes a check cannot lengthen it.
 */
export function pendingSeconds(
  ageSeconds: number,
  bounds: { readonly min: number; readonly max: number },
  random: number = Math.random(),
): number {
  return lengthen(Math.min(bounds.max, Math.max(bounds.min, ageSeconds * pendingPart)), random)
}

function lengthen(seconds: number, random: number): number {
  return Math.ceil(seconds * (1 + jitterMax * random))
}
