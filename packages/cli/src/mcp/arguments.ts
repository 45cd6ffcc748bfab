import { paymentStatuses } from '@hedgepayments/contract/values'
import { z } from 'zod'
import { CliError, exitCodes } from '../exit-codes.ts'

/** One wrong argument. */
interface WrongArgument {
  readonly field: string
  readonly received: string
  readonly expected: string
  /** Set if the tool has no such argument, whatever its value. */
  readonly unknown?: true
}

function sentenceOf({ field, received, expected, unknown }: WrongArgument): string {
  if (unknown) return `Unknown argument ${field}: expected ${expected}.`
  return `${field}: expected ${expected}, got ${received}.`
}

/** The arguments of a tool call do not match its schema. Nothing was sent. */
class ArgumentsError extends CliError {
  readonly details: readonly WrongArgument[]

  constructor(details: readonly WrongArgument[]) {
    super(exitCodes.usage, 'invalid_arguments', details.map(sentenceOf).join(' '))
    this.name = 'ArgumentsError'
    this.details = details
  }
}

/** Checks the arguments of a tool call. @throws {ArgumentsError} */
export function parseArguments<Input extends z.ZodObject>(
  input: Input,
  given: unknown,
): z.output<Input> {
  const parsed = input.safeParse(given)
  if (parsed.success) return parsed.data
  throw new ArgumentsError(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownArgument(input, given, [...issue.path, key]))
        : [wrong(given, issue.path, expectedOf(issue.message))],
    ),
  )
}

function unknownArgument(
  input: z.ZodObject,
  given: unknown,
  path: readonly PropertyKey[],
): WrongArgument {
  const names = Object.keys(input.shape)
  const expected = names.length === 0 ? 'no arguments' : `only ${names.join(', ')}`
  return { ...wrong(given, path, expected), unknown: true }
}

function wrong(given: unknown, path: readonly PropertyKey[], expected: string): WrongArgument {
  return { field: path.map(String).join('.') || 'arguments', received: at(given, path), expected }
}

/** Zod's message without its beginning: `Invalid input: expected string, received number`. */
function expectedOf(message: string): string {
  const expected = /expected (.*?)(?:, received .*)?$/s.exec(message)?.[1] ?? message
  return expected.replace(/\.$/, '')
}

/** The longest quoted value: enough to recognize a mistake. */
const receivedMax = 80

function at(given: unknown, path: readonly PropertyKey[]): string {
  let value = given
  for (const key of path) {
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  }
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > receivedMax ? `${text.slice(0, receivedMax)}…` : text
}

/** Text of a request: `max` characters. */
const text = (max: number, description: string) =>
  z
    .string()
    .min(1, `expected 1 to ${max} characters`)
    .max(max, `expected 1 to ${max} characters`)
    .describe(description)

const time = (description: string) =>
  z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], {
      error: 'expected a time like 2024-06-15T10:30:00Z, or a date like 2024-06-15',
    })
    .transform((value) => (value.length === 10 ? `${value}T00:00:00Z` : value))
    .describe(description)

/** The argument for a payment. */
export const paymentId = text(64, 'The id of the payment, pay_…')

/** The argument for the reason of a change. */
export const reason = text(500, 'The reason, for the records of the shop.').optional()

/** The argument for metadata. */
export const metadata = z.record(z.string(), z.string())

/** The arguments that select payments. */
export const filterShape = {
  customer_email: text(254, "The customer's e-mail address, in any case.").optional(),
  customer_id: text(255, "The shop's own id of the customer.").optional(),
  last4: z
    .string()
    .regex(/^[0-9]{4}$/, { error: 'expected four digits' })
    .optional()
    .describe('The last four digits of the card or account.'),
  status: z
    .array(z.enum(paymentStatuses))
    .min(1)
    .optional()
    .describe('Only payments with one of these statuses.'),
  metadata: metadata.optional().describe('Only payments with all of this metadata.'),
  needs_attention: z
    .boolean()
    .optional()
    .describe('Only payments that wait for an operator, or only the others.'),
  created_after: time('Created at or after this time, ISO 8601 in UTC.').optional(),
  created_before: time('Created before this time, ISO 8601 in UTC.').optional(),
}

const filterSchema = z.object(filterShape)

/** The filter of the API for these arguments. Fields that are `undefined` do not filter. */
export function filterOf(args: z.output<typeof filterSchema>) {
  const { created_after: gte, created_before: lt, status, ...same } = args
  return {
    customer_email: same.customer_email,
    customer_id: same.customer_id,
    last4: same.last4,
    metadata: same.metadata,
    needs_attention: same.needs_attention,
    status: status as (typeof paymentStatuses)[number][] | undefined,
    created_at: gte === undefined && lt === undefined ? undefined : { gte, lt },
  }
}
