// Requests of every list, with every filter and pair of filters. The values are those of `statements.ts`.

/** A request of a list, and the rows that answer it. */
export interface ListRequest {
  readonly path: string
  /** The condition on the table of the list that the filters mean. `null`: it is not compared. */
  readonly condition: string | null
  readonly table: string
  readonly order: string
}

type Filter = readonly [query: string, condition: string]

const hour = 3_600_000
const day = 24 * hour
const timeOf = (end: Date, ageMs: number) =>
  new Date(Math.floor((end.getTime() - ageMs) / 1000) * 1000).toISOString().replace('.000', '')

/** Filters by time of a column, relative to the newest payment. */
function times(name: string, column: string, end: Date): Filter[] {
  const since = (ageMs: number) => timeOf(end, ageMs)
  const gte = (at: string): Filter => [`${name}[gte]=${at}`, `${column} >= '${at}'`]
  const lte = (at: string): Filter => [`${name}[lte]=${at}`, `${column} <= '${at}'`]
  const lt = (at: string): Filter => [`${name}[lt]=${at}`, `${column} < '${at}'`]
  const both = (one: Filter, two: Filter): Filter => [
    `${one[0]}&${two[0]}`,
    `${one[1]} and ${two[1]}`,
  ]
  return [
    gte(since(hour)),
    lte(since(365 * day)),
    both(gte(since(400 * day)), lt(since(399 * day))),
    gte(since(-day)),
    lt(since(1000 * day)),
  ]
}

const status = (...names: string[]): Filter => [
  `status=${names.join(',')}`,
  `status in (${names.map((name) => `'${name}'`).join(', ')})`,
]
const equals = (name: string, value: string, condition = `${name} = '${value}'`): Filter => [
  `${name}=${encodeURIComponent(value)}`,
  condition,
]
const metadata = (key: string, value: string): Filter => [
  `metadata[${key}]=${value}`,
  `metadata @> '{"${key}": "${value}"}'`,
]

const attention = `id in (select payment_id from payment_tasks where attention is not null)`

/** The filters of payments, in groups. Two of a group do not combine. */
function paymentFilters(end: Date, orderId: string): Filter[][] {
  return [
    [
      ...['pending', 'initiated', 'processing', 'succeeded', 'failed', 'canceled', 'refunded'].map(
        (name) => status(name),
      ),
      status('pending', 'initiated'),
      status('partially_refunded', 'refunded'),
      status('processing', 'failed'),
    ],
    [
      equals(
        'customer_email',
        'Customer77@example.com',
        `lower(customer_email) = 'customer77@example.com'`,
      ),
      equals('customer_email', 'hot@example.com'),
      equals('customer_email', 'nobody@example.com'),
    ],
    [equals('customer_id', 'cust_78'), equals('customer_id', 'cust_hot')],
    [
      equals('last4', '4242', `payment_method_details ->> 'last4' = '4242'`),
      equals('last4', '0123', `payment_method_details ->> 'last4' = '0123'`),
    ],
    [equals('amount', '9999'), equals('amount', '4321')],
    [
      metadata('order_id', orderId),
      metadata('shop', 'berlin'),
      metadata('flag', 'rare'),
      metadata('campaign', 'first'),
    ],
    [
      ['needs_attention=true', attention],
      ['needs_attention=false', `not (${attention})`],
    ],
    times('created_at', 'created_at', end),
    [equals('checkout_session_id', 'cs_none')],
  ]
}

function eventFilters(end: Date, paymentId: string): Filter[][] {
  const type = (...names: string[]): Filter => [
    `type=${names.join(',')}`,
    `type in (${names.map((name) => `'${name}'`).join(', ')})`,
  ]
  return [
    [
      type('payment.created'),
      type('payment.canceled'),
      type('payment.failed'),
      type('payment.refunded'),
      type('dispute.created'),
      type('ach.returned'),
      type('dispute.created', 'payment.failed'),
      type('dispute.created', 'payment.canceled'),
    ],
    [equals('payment_id', paymentId, `subject_id = '${paymentId}'`)],
    times('created', 'created_at', end),
  ]
}

function deliveryFilters(end: Date, given: { endpointId: string; paymentId: string }): Filter[][] {
  return [
    [equals('endpoint_id', given.endpointId), equals('endpoint_id', 'whe_none')],
    [equals('status', 'pending'), equals('status', 'failed'), equals('status', 'succeeded')],
    [equals('payment_id', given.paymentId, `subject_id = '${given.paymentId}'`)],
    times('created_at', 'created_at', end),
  ]
}

const disputeFilters = (end: Date): Filter[][] => [
  [status('lost'), status('needs_response', 'under_review'), status('won')],
  times('created_at', 'created_at', end),
]

const auditFilters = (end: Date): Filter[][] => [
  [equals('action', 'api_key.created'), equals('action', 'dashboard.signed_in')],
  [equals('actor_id', 'key_7'), equals('actor_id', 'key_none')],
  times('created_at', 'created_at', end),
]

/** Requests of one list: without a filter, with each filter, and with two filters of different groups. */
function combine(
  list: Omit<ListRequest, 'condition' | 'path'> & { path: string },
  groups: Filter[][],
) {
  const request = (...filters: Filter[]): ListRequest => ({
    ...list,
    path: `${list.path}?${['limit=10', ...filters.map(([query]) => query)].join('&')}`,
    condition: ['true', ...filters.map(([, condition]) => `(${condition})`)].join(' and '),
  })
  const single = groups.flat().map((filter) => request(filter))
  const pairs = groups.flatMap((group, index) =>
    group.flatMap((one) =>
      groups.slice(index + 1).flatMap((other) => other.map((two) => request(one, two))),
    ),
  )
  return { single: [request(), ...single], pairs }
}

/** All requests for a history that ends at `end`. */
export function listRequests(given: {
  end: Date
  orderId: string
  paymentId: string
  endpointId: string
}): { single: ListRequest[]; pairs: ListRequest[] } {
  const { end, orderId, paymentId } = given
  const lists = [
    combine({ path: '/v1/payments', table: 'payments', order: 'id' }, paymentFilters(end, orderId)),
    combine(
      { path: '/v1/events', table: 'events', order: 'position' },
      eventFilters(end, paymentId),
    ),
    combine(
      { path: '/v1/webhooks/deliveries', table: 'webhook_deliveries', order: 'id' },
      deliveryFilters(end, given),
    ),
    combine({ path: '/v1/disputes', table: 'disputes', order: 'id' }, disputeFilters(end)),
    combine({ path: '/v1/audit_log', table: 'audit_log', order: 'id' }, auditFilters(end)),
  ]
  return {
    single: lists.flatMap(({ single }) => single),
    pairs: lists.flatMap(({ pairs }) => pairs),
  }
}
