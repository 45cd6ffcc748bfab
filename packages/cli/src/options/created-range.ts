import { Option } from 'commander'
import { type GivenTime, parseTime } from './parse.ts'

/** The options that select what was created in a range of time. */
export interface CreatedOptions {
  readonly createdAfter?: GivenTime
  readonly createdBefore?: GivenTime
}

/** `--created-after`, for every command that selects by this time. */
export function createdAfterOption(): Option {
  const formats = '2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h or 7d'
  return new Option('--created-after <time>', `created at or after: ${formats}`).argParser(
    parseTime,
  )
}

/** `--created-before`, which follows `--created-after` in the help. */
export function createdBeforeOption(): Option {
  return new Option('--created-before <time>', 'created before; same formats').argParser(parseTime)
}
