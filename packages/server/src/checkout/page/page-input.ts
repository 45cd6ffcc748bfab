import { checkoutMethods } from '@hedgepayments/contract'
import { type Static, Type } from 'typebox'
import { compileCheck } from '../../http/request/validation.ts'

const digits = (min: number, max: number) =>
  Type.String({ pattern: `^[0-9]{${min},${max}}$`, maxLength: max })

/** The card or account that the customer typed. It becomes a token at once, and is never stored. */
const TestSource = Type.Union([
  Type.Object(
    {
      type: Type.Literal('card'),
      number: digits(12, 19),
      exp_month: Type.Integer({ minimum: 1, maximum: 12 }),
      exp_year: Type.Integer({ minimum: 2000, maximum: 2100 }),
      cvc: digits(3, 4),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal('ach'),
      routing_number: digits(9, 9),
      account_number: digits(4, 17),
      account_holder: Type.String({ minLength: 1, maxLength: 100 }),
    },
    { additionalProperties: false },
  ),
])
type TestSource = Static<typeof TestSource>

const PayOrder = Type.Object(
  {
    method: Type.Unsafe<(typeof checkoutMethods)[number]>({
      type: 'string',
      enum: [...checkoutMethods],
    }),
    token: Type.String({ minLength: 1, maxLength: 255, pattern: '^[A-Za-z][A-Za-z0-9_]*$' }),
    email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
  },
  { additionalProperties: false },
)
type PayOrder = Static<typeof PayOrder>

const Confirmation = Type.Object({ confirmed: Type.Boolean() }, { additionalProperties: false })
type Confirmation = Static<typeof Confirmation>

const checkSource = compileCheck(TestSource, 'body')
const checkOrder = compileCheck(PayOrder, 'body')
const checkConfirmation = compileCheck(Confirmation, 'body')

/** Whether a body is a card or account. Returns no reasons: they would quote the input. */
export function isTestSource(body: unknown): body is TestSource {
  return checkSource(body) === null
}

/** Whether a body is an order to pay. */
export function isPayOrder(body: unknown): body is PayOrder {
  return checkOrder(body) === null
}

/** Whether a body confirms or refuses a payment at the bank. */
export function isConfirmation(body: unknown): body is Confirmation {
  return checkConfirmation(body) === null
}
