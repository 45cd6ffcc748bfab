/** What a payment costs the merchant. */
export interface FeeSchedule {
  /** Hundredths of a percent of the amount: 290 is 2.9 %. */
  readonly basisPoints: number
  /** Minor units of the payment's currency, added to that. */
  readonly fixedMinor: number
}

/** Source: the vendor's price list: 2.9 % + 30. */
export const feeScheduleDefault: FeeSchedule = { basisPoints: 290, fixedMinor: 30 }

/**
 * The fee in minor units: the percentage rounded half up to a whole minor unit, then the fixed
 * part, and never more than the amount. All in integers: the largest product, 99,999,999 × 10,000,
 * is far below 2^53.
 */
export function feeOf(amountMinor: number, { basisPoints, fixedMinor }: FeeSchedule): number {
  const percentage = Math.floor((amountMinor * basisPoints + 5_000) / 10_000)
  return Math.min(amountMinor, percentage + fixedMinor)
}
