import { type Command, InvalidArgumentError } from 'commander'
import { parseSeconds } from '../../options/parse.ts'

/** A fee, or the server's setting. */
type Fee = number | 'server'

/** A merchant's settings, by its options. */
export interface SettingsOptions {
  readonly defaultCancelWindow?: number
  readonly feeBasisPoints?: Fee
  readonly feeFixed?: Fee
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
    fee_basis_points: fieldOf(options.feeBasisPoints),
    fee_fixed: fieldOf(options.feeFixed),
  }
}

/** `null` is the API's value for the server's setting. An option cannot have it: commander replaces it. */
function fieldOf(fee: Fee | undefined): number | null | undefined {
  return fee === 'server' ? null : fee
}

function parseFee(value: string): Fee {
  if (value === 'server') return value
  if (/^\d{1,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Expected a whole number, or: server.')
}
