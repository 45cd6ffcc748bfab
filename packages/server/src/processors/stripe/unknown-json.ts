import { paymentIdName } from './answers.ts'

/**
 * The payment's id in the metadata of an event's object. Charges inherit the metadata of their
 * PaymentIntent, disputes do not. `null`: the object has none, or another shape.
 */
export function paymentIdIn(object: unknown): string | null {
  const value = read(object, ['metadata', paymentIdName])
  return typeof value === 'string' ? value : null
}

/**
 * Reads a field of unknown JSON. Other versions of Stripe's API have other shapes, and a signature only
 * says who sent the event.
 */
export function read(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
