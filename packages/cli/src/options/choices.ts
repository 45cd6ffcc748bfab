import { eventTypes } from '@hedgepayments/contract/values'
import { InvalidArgumentError, Option } from 'commander'

/** Makes an option accept several of the given values, with commas or repeated. */
export function choices(option: Option, values: readonly string[]): Option {
  // For help and completion. The parser, which must be set after it, accepts commas as well.
  option.choices(values)
  option.argParser((text: string, previous: readonly string[] | undefined) => {
    const given = text.split(',').map((value) => value.trim())
    if (!given.every((value) => values.includes(value))) {
      throw new InvalidArgumentError(`Expected one of ${values.join(', ')}.`)
    }
    return [...(previous ?? []), ...given]
  })
  return option
}

/** An option that selects event types. */
export function typeOption(flags: string): Option {
  const option = new Option(flags, 'only these types; several with commas or repeated')
  return choices(option, eventTypes)
}
