import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMessages } from './sse.ts'

async function read(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const messages: unknown[] = []
  for await (const message of readMessages(body, () => undefined)) messages.push(message)
  return messages
}

const stream =
  ': hello\n\nretry: 1000\n\nid: evt_1\nevent: payment.created\ndata: {"a":"é"}\n\n' +
  'data: two\r\ndata:lines\r\n\r\n: still here\n\nid: evt_2\rdata: x\r\rdata: cut off'

test('messages are parsed with any line ending, and an incomplete message is ignored', async () => {
  expect(await read([new TextEncoder().encode(stream)])).toEqual([
    { id: 'evt_1', data: '{"a":"é"}' },
    { id: 'evt_1', data: 'two\nlines' },
    { id: 'evt_2', data: 'x' },
  ])
})

test('messages do not depend on the chunks of the network', async () => {
  const bytes = new TextEncoder().encode(stream)
  const whole = await read([bytes])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
      expect(await read(chunks)).toEqual(whole)
    }),
  )
})

test('a message that is too large is refused, in one line or in many', async () => {
  const line = new TextEncoder().encode(`data: ${'x'.repeat(1_000_000)}\n`)
  const part = new TextEncoder().encode('x'.repeat(1_000_000))
  await expect(read(Array.from({ length: 20 }, () => line))).rejects.toThrow('has no end')
  await expect(read(Array.from({ length: 20 }, () => part))).rejects.toThrow('has no end')
})
