import { type TSchema, Type } from 'typebox'

/** A page of a list, newest first. Source: api.md, Conventions. */
export function listOf<T extends TSchema>(item: T, name: string) {
  return Type.Object(
    {
      object: Type.Literal('list'),
      data: Type.Array(item),
      has_more: Type.Boolean({ description: 'Whether more follow in the direction asked for.' }),
      url: Type.String({ description: 'The path of the list.' }),
    },
    { title: name, additionalProperties: false },
  )
}

/** Most items of one page. Source: api.md, Conventions. */
export const pageSizeMax = 100
export const pageSizeDefault = 10

const cursorRule =
  'It must be the id of an object of the same list, merchant and mode, or the answer is 400. ' +
  'No object ever appears behind an id that a list has shown.'

/** The cursors of every list. Exactly one of the two may be given. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: pageSizeMax,
      default: pageSizeDefault,
      description: 'How many, 1 to 100.',
    }),
  ),
  starting_after: Type.Optional(
    Type.String({
      maxLength: 64,
      description: `The id after which the page begins (older). ${cursorRule}`,
    }),
  ),
  ending_before: Type.Optional(
    Type.String({
      maxLength: 64,
      description: `The id before which the page ends (newer). ${cursorRule}`,
    }),
  ),
}
