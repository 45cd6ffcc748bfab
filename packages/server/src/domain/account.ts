/** A merchant and mode. Every statement is scoped by both. */
export interface Account {
  readonly merchantId: string
  readonly livemode: boolean
}
