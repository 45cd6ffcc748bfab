/** The fee that a merchant pays for a payment. */
export interface FeeSchedule {
  /** Hundredths of a percent of the amount: 290 is 2.9 %. */
  readonly basisPoints: number
  /** Added to the percentage, in minor units of the payment's currency. */
  readonly fixedMinor: number
}

/** The fee without a setting and without a merchant's own schedule: 2.9 % + 30 minor units. */
export const feeScheduleDefault: FeeSchedule = { basisPoints: 290, fixedMinor: 30 }

/**
 * The fee in minor units: the percentage, rounded half up to a whole minor unit, plus the fixed part,
 * and at most the amount. The computation is exact, because the largest product, 99,999,999 × 10,000,
 * is far below 2^53.
 */
export function feeOf(amountMinor: number, { basisPoints, fixedMinor }: FeeSchedule): number {
  const percentage = Math.floor((amountMinor * basisPoints + 5_000) / 10_000)
  return Math.min(amountMinor, percentage + fixedMinor)
}
