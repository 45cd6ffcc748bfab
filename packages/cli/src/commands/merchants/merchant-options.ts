import { type Command, InvalidArgumentError } from 'commander'
import { parseSeconds } from '../../options/parse.ts'

/** A merchant's settings, by its options. */
export interface SettingsOptions {
  readonly defaultCancelWindow?: number
  readonly feeBasisPoints?: number | null
  readonly feeFixed?: number | null
}

/** Adds the options that set a merchant's settings. */
export function withSettings(command: Command): Command {
  return command
    .option(
      '--default-cancel-window <time>',
      'of new payments: seconds, or 30m, 24h; at most 7d',
      parseSeconds,
    )
    .option(
      '--fee-basis-points <n>',
      "the fee in hundredths of a percent; server: the server's setting",
      parseFee,
    )
    .option(
      '--fee-fixed <minor>',
      "added to each fee, in minor units; server: the server's setting",
      parseFee,
    )
}

/** The API's fields. Settings without an option are `undefined`. */
export function settingsOf(options: SettingsOptions) {
  return {
    default_cancel_window: options.defaultCancelWindow,
    fee_basis_points: options.feeBasisPoints,
    fee_fixed: options.feeFixed,
  }
}

/** `null` is the API's value for the server's setting. */
function parseFee(value: string): number | null {
  if (value === 'server') return null
  if (/^\d{1,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Expected a whole number, or: server.')
}
