/** What a browser may read one payment with. */
export interface ClientToken {
  object: 'client_token'
  livemode: boolean
  payment_id: string
  /** A JWT: the bearer of `GET /v1/payments/:id`. */
  token: string
  /** After 15 minutes. */
  expires_at: string
}

export interface ClientTokenCreateParams {
  payment_id: string
}
