/**
 * What happens to a column when a customer's data is erased. `nulled`: it becomes null. `emptied`: it becomes
 * an empty object. `replaced`: it becomes `erasedEmail`. `fields`: only the fields that may name the customer
 * are erased. `deleted`: the row is deleted. `kept`: it stays, for a reason.
 */
export type Fate = 'nulled' | 'emptied' | 'replaced' | 'fields' | 'deleted' | 'kept'

interface Column {
  readonly fate: Fate
  /** Why it is kept. */
  readonly reason?: string
}

const nulled: Column = { fate: 'nulled' }
const emptied: Column = { fate: 'emptied' }
const replaced: Column = { fate: 'replaced' }
const fields: Column = { fate: 'fields' }
const deleted: Column = { fate: 'deleted' }
const kept = (reason: string): Column => ({ fate: 'kept', reason })

const id = kept('an id that Hedge has made, which names no person')
const code = kept('one of a fixed list of values, or a code of a processor')
const actor = kept('the API key that acted; customers have no id')
const secret = kept('a key or secret of the merchant or the server, or its hash')
const ofMerchant = kept('what the merchant says about itself')
const ownUrl = kept('a page of this server, with the id of a payment or session only')
const ownError = kept('a text of this server about a connection or a status')
const reference = kept("the processor's id: refunds, disputes and hedge verify --processor need it")
const sandbox = kept('the sandbox stands for a processor, and has test cards only')
const hash = kept('a hash over what is never erased')

/**
 * Every column that can contain text, by table, and what is done to it. Columns of other types (numbers,
 * times, yes or no) stay: they are amounts, counts and times. A test compares the list with the schema, so a
 * new column must be judged.
 */
export const personalData = {
  merchants: { id, name: ofMerchant },
  api_keys: {
    id,
    merchant_id: id,
    name: ofMerchant,
    publishable_key: secret,
    secret_hash: secret,
    secret_hint: secret,
    scopes: code,
    budget_names: id,
  },
  test_clocks: { merchant_id: id },
  processor_credentials: {
    merchant_id: id,
    processor: code,
    key_id: id,
    sealed: secret,
    secret_hint: secret,
    publishable_key: secret,
  },
  payments: {
    merchant_id: id,
    id,
    status: code,
    currency: code,
    payment_method: code,
    payment_method_token: nulled,
    payment_method_details: nulled,
    checkout_session_id: id,
    customer_email: replaced,
    customer_id: nulled,
    description: nulled,
    statement_descriptor: nulled,
    metadata: emptied,
    success_url: nulled,
    cancel_url: nulled,
    url: ownUrl,
    retry_of: id,
    capture_method: code,
    failure_code: code,
    failure_message: nulled,
    cancellation_reason: nulled,
    processor: code,
    processor_reference: reference,
    next_action_url: nulled,
  },
  mandate_acceptances: {
    merchant_id: deleted,
    payment_id: deleted,
    ip_address: deleted,
    user_agent: deleted,
  },
  payment_tasks: { merchant_id: id, payment_id: id, kind: code, lease: id, attention: code },
  payment_attempts: {
    merchant_id: id,
    payment_id: id,
    kind: code,
    processor: code,
    processor_key: id,
    request_key: nulled,
    actor_type: code,
    actor_id: actor,
    outcome: code,
    code,
    message: nulled,
  },
  events: {
    merchant_id: id,
    subject_id: id,
    type: code,
    actor_type: code,
    actor_id: actor,
    from_status: code,
    to_status: code,
    reason: nulled,
    state: fields,
  },
  event_hours: { merchant_id: id, first_payment_id: id, last_payment_id: id },
  idempotency_records: {
    merchant_id: id,
    key: kept(
      'a key that the merchant has made up for a request; its record is deleted after a day',
    ),
    operation: code,
    request_hash: kept('a hash, so that a repeated request is recognized; deleted after a day'),
    outcome: code,
    body: fields,
    payment_id: id,
    refused_status: code,
    reason: nulled,
    actor_id: actor,
  },
  refunds: {
    merchant_id: id,
    payment_id: id,
    id,
    currency: code,
    status: code,
    actor_type: code,
    actor_id: actor,
    reason: nulled,
    metadata: emptied,
    failure_code: code,
    failure_message: nulled,
    processor_reference: reference,
  },
  disputes: {
    merchant_id: id,
    id,
    payment_id: id,
    processor: code,
    processor_reference: reference,
    processor_url: reference,
    currency: code,
    status: code,
    reason: code,
  },
  processor_sweeps: { merchant_id: id, processor: code, subject: code },
  ledger_transfers: {
    merchant_id: id,
    payment_id: id,
    kind: code,
    debit_account: code,
    credit_account: code,
    currency: code,
  },
  ledger_balances: { merchant_id: id, account: code, currency: code },
  cancellations: {
    merchant_id: id,
    id,
    status: code,
    reason: nulled,
    filter: fields,
    actor_id: actor,
    selected_through: id,
    processed_through: id,
  },
  cancellation_items: {
    merchant_id: id,
    cancellation_id: id,
    payment_id: id,
    outcome: code,
    current_status: code,
  },
  checkout_sessions: {
    merchant_id: id,
    id,
    status: code,
    payment_id: id,
    currency: code,
    customer_email: replaced,
    customer_id: nulled,
    description: nulled,
    statement_descriptor: nulled,
    metadata: emptied,
    payment_method_types: code,
    capture_method: code,
    success_url: nulled,
    cancel_url: nulled,
    url: ownUrl,
    actor_id: actor,
    lease: id,
  },
  webhook_endpoints: {
    merchant_id: id,
    id,
    url: ofMerchant,
    events: code,
    description: ofMerchant,
    disabled_reason: code,
    secret,
    old_secret: secret,
  },
  webhook_deliveries: {
    merchant_id: id,
    id,
    endpoint_id: id,
    subject_id: id,
    event_type: code,
    status: code,
    lease: id,
    error: ownError,
  },
  webhook_attempts: { merchant_id: id, delivery_id: id, error: ownError, response_body: nulled },
  sandbox_payments: {
    merchant_id: id,
    payment_id: id,
    reference: id,
    token: sandbox,
    currency: code,
    status: code,
    decline_code: code,
    decline_message: sandbox,
    action_secret: sandbox,
    action_url: ownUrl,
    return_url: ownUrl,
  },
  sandbox_refunds: { merchant_id: id, reference: id, payment_id: id, refund_id: id },
  sandbox_answers: { merchant_id: id, idempotency_key: id, answer: sandbox },
  sandbox_movements: { merchant_id: id, payment_id: id, kind: code, idempotency_key: id },
  sandbox_faults: { merchant_id: id, payment_id: id, operation: code, token: sandbox },
  sandbox_planned_failures: { merchant_id: id, code },
  dashboard_sessions: { token_hash: secret, key_id: id },
  hourly_stats: {
    merchant_id: id,
    measure: code,
    currency: code,
    label: kept('a count by one word of lower-case letters, without a payment'),
  },
  daily_stats: { merchant_id: id, measure: code, currency: code },
  daily_reasons: {
    merchant_id: id,
    reason: kept('a count by one word of lower-case letters, without a payment'),
  },
  audit_log: {
    merchant_id: id,
    id,
    action: code,
    actor_type: code,
    actor_id: actor,
    target_type: code,
    target_id: id,
    details: kept('what administrators did; the log is append-only, and is deleted after 400 days'),
    request_id: id,
    address: kept('the address of an administrator, not of a customer'),
  },
  retention_tasks: {
    kind: code,
    reached: kept(
      'a key that the merchant has made up for a request; its record is deleted after a day',
    ),
  },
  rate_counts: { caller: kept('an API key or an address, of the current minute only') },
  signing_keys: { id, purpose: code, secret },
  seals: { merchant_id: id, previous_hash: hash, hash, row_hashes: hash },
  head_keys: { id, public_key: secret, secret },
  cell: { public_url: kept('the address of this deployment'), encryption_key_ids: id },
  merchant_moves: {
    merchant_id: id,
    move_id: id,
    phase: code,
    compared: kept('counts and hashes of rows, by table'),
    other_url: kept('the address of another deployment'),
  },
  move_changes: {
    merchant_id: id,
    table_name: code,
    place: kept('the keys of rows that a move still copies; deleted when the move ends'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Column>>>>
