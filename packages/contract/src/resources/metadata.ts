import { Type } from 'typebox'
import { storableText, text } from '../text.ts'

/** The metadata of a request. */
export const Metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 50,
  propertyNames: { minLength: 1, maxLength: 40, ...storableText },
  additionalProperties: text({ maxLength: 500, description: 'A value.' }),
  description: 'Your own data: up to 50 pairs; keys up to 40, values up to 500 characters.',
})

/** The metadata of an answer, without the limits of a request. */
export const StoredMetadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Your own data.',
})
