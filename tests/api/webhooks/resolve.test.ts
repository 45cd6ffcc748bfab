import { createSocket, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Reach } from '../../../packages/server/src/webhooks/send/address.ts'
import { createResolve } from '../../../packages/server/src/webhooks/send/resolve.ts'

/** A name server that sends the answers of the test, or none. */
let server: Socket
let answers: (question: Question) => string[] | 'nothing' | 'unknown'

interface Question {
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

beforeEach(async () => {
  answers = () => 'nothing'
  server = createSocket('udp4')
  server.on('message', (message, { port, address }) => {
    const question = readQuestion(message)
    const found = answers(question)
    if (found !== 'nothing') server.send(reply(message, question, found), port, address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
})

afterEach(() => new Promise<void>((resolve) => server.close(resolve)))

function readQuestion(message: Buffer): Question {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.subarray(at + 1, at + 1 + length).toString())
    at += length + 1
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1) === 28 ? 'AAAA' : 'A' }
}

/** Source: RFC 1035, 4.1: the question repeated, then an answer for each address. */
function reply(message: Buffer, { type }: Question, found: string[] | 'unknown'): Buffer {
  const addresses = found === 'unknown' ? [] : found
  const header = Buffer.from(message.subarray(0, 12))
  header.writeUInt16BE(found === 'unknown' ? 0x8183 : 0x8180, 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const end = message.indexOf(0, 12) + 5
  const records = addresses.map((address) => {
    const bytes = type === 'A' ? address.split('.').map(Number) : ipv6Bytes(address)
    return Buffer.from([
      0xc0,
      12,
      0,
      type === 'A' ? 1 : 28,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      bytes.length,
      ...bytes,
    ])
  })
  return Buffer.concat([header, message.subarray(12, end), ...records])
}

/** For an address of which only the first and the last group are not zero: 2606::1. */
function ipv6Bytes(address: string): number[] {
  const [first = '0', last = '0'] = address.split('::')
  const [high, low] = [Number.parseInt(first, 16), Number.parseInt(last, 16)]
  return [high >> 8, high & 255, ...Array<number>(12).fill(0), low >> 8, low & 255]
}

function resolve(hostname: string, reach: Reach, timeoutMs: number) {
  const servers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
  const find = createResolve({ timeoutMs, servers })
  return new Promise<string[]>((done, failed) => {
    find(hostname, reach, (error, addresses) => {
      if (error) failed(error)
      else done(addresses.map(({ address }) => address))
    })
  })
}

const patient = 20_000

test('a name resolves to the addresses of both families', async () => {
  answers = ({ type }) => (type === 'A' ? ['93.184.215.14'] : ['2606::1'])
  expect(await resolve('shop.example', 'public', patient)).toEqual(['93.184.215.14', '2606::1'])
  answers = ({ type }) => (type === 'A' ? [] : ['2606::1'])
  expect(await resolve('shop.example', 'public', patient)).toEqual(['2606::1'])
})

test('names whose server never answers time out, and do not delay the resolution of others', async () => {
  answers = ({ name, type }) =>
    name.endsWith('.evil.example') ? 'nothing' : type === 'A' ? ['93.184.215.14'] : []
  const silent = Array.from({ length: 60 }, (_, index) =>
    resolve(`${index}.evil.example`, 'private', 4_000).catch((error: unknown) => error),
  )
  let silentEnded = 0
  for (const one of silent) void one.then(() => silentEnded++)
  expect(await resolve('shop.example', 'public', patient)).toEqual(['93.184.215.14'])
  expect(silentEnded).toBe(0)
  for (const error of await Promise.all(silent)) expect(error).toBeInstanceOf(Error)
})

test('localhost resolves to this machine without a query', async () => {
  answers = () => ['93.184.215.14']
  for (const name of ['localhost', 'shop.localhost', 'LOCALHOST.']) {
    expect(await resolve(name, 'private', patient)).toEqual(['127.0.0.1', '::1'])
  }
})

test('a name known only to the system resolves if private addresses are allowed, and else not', async () => {
  answers = () => 'unknown'
  const { hostname } = await import('node:os')
  const found = await resolve(hostname(), 'private', patient).catch((error: unknown) => error)
  // A machine may have no entry for its own name. Then the name is not found.
  if (!(found instanceof Error)) expect(found).not.toEqual([])
  await expect(resolve(hostname(), 'public', patient)).rejects.toMatchObject({ code: 'ENOTFOUND' })
})
