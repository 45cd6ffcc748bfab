/** Whose data and which mode: what every statement is scoped by. */
export interface Account {
  readonly merchantId: string
  readonly livemode: boolean
}
