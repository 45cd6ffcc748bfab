/** Longest pause after failures: a processor that is back is noticed within minutes. */
const retrySecondsMax = 300
/** A pause is up to this much longer, so that what failed together is not tried together. */
const jitterMax = 0.5
/** While something stays pending, the pause is this part of the time that it has been so. */
const pendingPart = 0.1

/**
 * How long to wait after failures in a row: one second, two, four and so on, up to five minutes.
 * `random` is from 0 to 1.
 */
export function retrySeconds(failures: number, random: number = Math.random()): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 20)
  return spread(Math.min(retrySecondsMax, 2 ** exponent), random)
}

/**
 * How long to wait before the next look at something that is still pending. It depends on how long
 * it has been pending and not on how often it was looked at, so that no message can make it longer.
 */
export function pendingSeconds(
  ageSeconds: number,
  bounds: { readonly min: number; readonly max: number },
  random: number = Math.random(),
): number {
  return spread(Math.min(bounds.max, Math.max(bounds.min, ageSeconds * pendingPart)), random)
}

function spread(seconds: number, random: number): number {
  return Math.ceil(seconds * (1 + jitterMax * random))
}
