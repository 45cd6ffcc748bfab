import { type TSchema, Type } from 'typebox'
import { constant, timestampInput } from '../text.ts'

/** The schema of a page of a list, newest first. */
export function listOf<T extends TSchema>(item: T, name: string) {
  return Type.Object(
    {
      object: constant('list'),
      data: Type.Array(item, { description: 'The items.' }),
      has_more: Type.Boolean({
        description: 'Whether more items follow in the requested direction.',
      }),
      next_cursor: Type.Optional(
        Type.String({
          description:
            'Where the next page continues, if this one has ended early: a page with a filter that few ' +
            'items match searches a limited number of items, so it may have fewer items than `limit`, ' +
            'or none, although `has_more` is true. Send it as `starting_after`, or as `ending_before` ' +
            'in that direction. Absent: continue with the id of the last item.',
        }),
      ),
      url: Type.String({ description: 'The path of the list.' }),
    },
    { title: name, description: 'A page of a list.', additionalProperties: false },
  )
}

/** The maximum of items on a page. */
const pageSizeMax = 100
export const pageSizeDefault = 10

const cursorRule =
  'An id that does not belong to the same list, merchant and mode is refused with 400. ' +
  'A new object never appears behind an id that a list has returned.'

/** The parameters of every list. At most one of the two cursors is allowed. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: pageSizeMax,
      default: pageSizeDefault,
      description: 'The maximum number of items, 1 to 100.',
    }),
  ),
  starting_after: Type.Optional(
    Type.String({
      maxLength: 64,
      description: `Only items older than this id. ${cursorRule}`,
    }),
  ),
  ending_before: Type.Optional(
    Type.String({
      maxLength: 64,
      description: `Only items newer than this id. ${cursorRule}`,
    }),
  ),
}

export const CreatedRange = Type.Object(
  {
    gte: Type.Optional(timestampInput('At or after.')),
    gt: Type.Optional(timestampInput('After.')),
    lte: Type.Optional(timestampInput('At or before.')),
    lt: Type.Optional(timestampInput('Before.')),
  },
  {
    title: 'CreatedRange',
    description: 'A range of time. All limits are optional.',
    additionalProperties: false,
  },
)
