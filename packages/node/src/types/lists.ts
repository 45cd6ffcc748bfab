/** Where a page starts and how long it is. Source: api.md, Conventions. */
export interface ListParams {
  /** Items per page, 1 to 100. Default: 10. */
  limit?: number | undefined
  /** Id of the last item seen: the page holds what is older. */
  starting_after?: string | undefined
  /** Id of the first item seen: the page holds what is newer. */
  ending_before?: string | undefined
}

/** Bounds of a time. A string is ISO 8601 UTC. */
export interface TimeRange {
  gte?: Date | string | undefined
  gt?: Date | string | undefined
  lte?: Date | string | undefined
  lt?: Date | string | undefined
}

/** One page as it comes over the wire, newest item first. */
export interface ListAnswer<Item> {
  object: 'list'
  data: Item[]
  has_more: boolean
  url: string
}
