/** One measured number of a run. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** `null`: the number has no target. */
  readonly target: Target | null
}

/** The bounds that a number should keep. */
export interface Target {
  readonly atLeast?: number
  readonly atMost?: number
}

/** Whether a number reaches its target. */
export function reaches(value: number, { atLeast, atMost }: Target): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
}
