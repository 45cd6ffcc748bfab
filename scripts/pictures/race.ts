import { setTimeout as sleep } from 'node:timers/promises'
import { request, send } from './demo-server.ts'
import { bar, drawing, line, text } from './svg.ts'

/** One request of the race: its name, its times, and its answer. */
interface Entry {
  readonly name: string
  readonly sentMs: number
  readonly answeredMs: number
  readonly status: number
  readonly answer: string
}

/** A race that took place. */
export interface Race {
  readonly entries: readonly Entry[]
  /** Calls to the processor with their outcomes, in order. */
  readonly calls: readonly string[]
}

interface Body {
  readonly id: string
  readonly status?: string
  readonly error?: { code: string; details?: { current_status?: string } }
}

/** The delay of the cancels, so that they arrive during the authorization. */
const headStartMs = 400

/**
 * Runs one race: while the processor takes two seconds to authorize a payment, three devices cancel
 * the payment and the shop refunds it, all in the same millisecond.
 */
export async function runRace(url: string): Promise<Race> {
  const payment = await request<Body>(url, '/v1/payments', {
    amount: 9_999,
    currency: 'USD',
    customer_email: 'customer@example.com',
  })
  const path = `/v1/payments/${payment.id}`
  const startedAt = performance.now()
  const enter = async (name: string, step: string, body: object): Promise<Entry> => {
    const sentMs = performance.now() - startedAt
    const answer = await send<Body>(url, `${path}/${step}`, body)
    const answeredMs = performance.now() - startedAt
    return { name, sentMs, answeredMs, status: answer.status, answer: describe(answer.body) }
  }
  const initiate = enter('initiate', 'initiate', { payment_method_token: 'tok_slow' })
  await sleep(headStartMs)
  const entries = await Promise.all([
    initiate,
    ...['phone', 'laptop', 'shop'].map((device) => enter(`cancel (${device})`, 'cancel', {})),
    enter('refund', 'refund', {}),
  ])
  return { entries, calls: await readCalls(url, path) }
}

function describe({ status, error }: Body): string {
  if (!error) return status ?? ''
  const current = error.details?.current_status
  return current ? `${error.code}: ${current}` : error.code
}

/** Waits until every call to the processor has ended, one of them a void, and lists them by age. */
async function readCalls(url: string, path: string): Promise<string[]> {
  for (;;) {
    const { data } = await request<{ data: { kind: string; outcome: string | null }[] }>(
      url,
      `${path}/attempts`,
    )
    const isOver = data.every(({ outcome }) => outcome !== null)
    if (isOver && data.some(({ outcome }) => outcome === 'voided')) {
      return data.reverse().map(({ kind, outcome }) => `${kind} (${outcome})`)
    }
    await sleep(100)
  }
}

const [width, left, right] = [860, 140, 370]
const [top, rowHeight, barHeight] = [70, 34, 16]

/** Draws a race: a bar for each request, from sending to answer. */
export function drawRace({ entries, calls }: Race): string {
  const endMs = Math.max(...entries.map(({ answeredMs }) => answeredMs))
  const x = (ms: number) => left + (ms / endMs) * (width - left - right)
  const bottom = top + entries.length * rowHeight
  const rows = entries.flatMap((entry, i) => drawEntry(entry, top + i * rowHeight, x))
  const seconds = Array.from({ length: Math.floor(endMs / 500) + 1 }, (_, i) => i * 500)
  return drawing(
    {
      width,
      height: bottom + 66,
      label: `One of ${entries.length} concurrent requests wins: a cancel. The others are refused with 412.`,
    },
    [
      text([20, 32], 'One payment, five requests: the first cancel wins', { style: 'bold' }),
      text(
        [20, 52],
        'The processor takes two seconds to authorize. The cancels and the refund arrive while it is busy.',
        {
          color: 'muted',
          style: 'small',
        },
      ),
      ...seconds.flatMap((ms) => [
        line([x(ms), top - 6], [x(ms), bottom]),
        text([x(ms), bottom + 16], `${ms / 1000} s`, {
          ...{ color: 'muted', anchor: 'middle', style: 'small' },
        }),
      ]),
      ...rows,
      text([20, bottom + 46], `Calls to the processor: ${calls.join(', ')}. No capture.`),
    ],
  )
}

function drawEntry(entry: Entry, y: number, x: (ms: number) => number): string[] {
  const { name, sentMs, answeredMs, status, answer } = entry
  const isWinner = status === 200
  const color = isWinner ? 'good' : 'muted'
  const tookMs = Math.max(1, Math.round(answeredMs - sentMs))
  const [from, to] = [x(sentMs), x(answeredMs)]
  const box = { x: from, y: y + 4, width: Math.max(4, to - from), height: barHeight }
  const style = isWinner ? 'bold' : ''
  return [
    text([20, y + 17], name, { style }),
    bar(box, color),
    text([box.x + box.width + 8, y + 17], `${status} ${answer}`, { color, style }),
    text([width - 20, y + 17], `${tookMs.toLocaleString('en')} ms`, {
      ...{ color: 'muted', anchor: 'end' },
    }),
  ]
}
