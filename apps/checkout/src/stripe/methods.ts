import type { CheckoutMethod } from '@hedgepayments/contract'

/** The payment methods of the page, and their names at Stripe. */
const typesAtStripe: Readonly<Record<CheckoutMethod, string>> = {
  card: 'card',
  ach: 'us_bank_account',
}

/** Stripe's names of the offered payment methods. */
export function typesOf(methods: readonly CheckoutMethod[]): string[] {
  return methods.map((method) => typesAtStripe[method])
}

/** The payment method with a name of Stripe. `null`: the page offers no such method. */
export function methodOfType(
  type: string,
  methods: readonly CheckoutMethod[],
): CheckoutMethod | null {
  return methods.find((method) => typesAtStripe[method] === type) ?? null
}
