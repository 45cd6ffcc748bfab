/** The start and the size of a page. */
export interface ListParams {
  /** Items per page, 1 to 100. Default: 10. */
  limit?: number | undefined
  /** Only items older than this id. */
  starting_after?: string | undefined
  /** Only items newer than this id. */
  ending_before?: string | undefined
}

/** A range of times. A string is ISO 8601 UTC. */
export interface TimeRange {
  gte?: Date | string | undefined
  gt?: Date | string | undefined
  lte?: Date | string | undefined
  lt?: Date | string | undefined
}

/** One page in the API's JSON, newest item first. */
export interface ListAnswer<Item> {
  object: 'list'
  data: Item[]
  has_more: boolean
  /** Where the next page begins, if this one has ended before `limit`. */
  next_cursor?: string
  url: string
}
