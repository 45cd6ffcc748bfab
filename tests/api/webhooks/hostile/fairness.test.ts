import { describe, expect, test } from 'vitest'
import { answer, silence } from '../../../support/http/hostile-receiver.ts'
import { startReceiver } from '../../../support/http/receiver.ts'
import { startServer } from '../../../support/servers/server.ts'
import { size } from '../../../support/size.ts'
import { until } from '../../../support/until.ts'
import {
  endpointsMax,
  endpointsPath,
  sendEvents,
  switching,
  withTwoMerchants,
} from './two-merchants.ts'

const merchants = withTwoMerchants()

/** No attempt of a test reaches this deadline, so silent receivers block for ever, on a busy machine too. */
const neverMs = 3_600_000
/** The limit of concurrent attempts of one merchant and mode. */
const placesMax = 64

describe('events of another merchant arrive', () => {
  test('while silent receivers of one merchant occupy all its concurrent attempts', async () => {
    const { rude, hostile, other } = merchants
    hostile.behave(silence)
    const first = await merchants.registerHostile()
    // With all endpoints, at least as many deliveries as concurrent attempts.
    const events = size({ quick: placesMax / endpointsMax, all: 8 })
    await sendEvents(rude, events)
    merchants.start(neverMs)
    await until('all its concurrent attempts are in use', () => hostile.open() >= placesMax)
    // After a delete and a create, the endpoints are new and the merchant is the same.
    for (const id of first) await rude('DELETE', `${endpointsPath}/${id}`)
    await merchants.registerHostile()
    await sendEvents(rude, events)
    const othersEvents = size({ quick: 5, all: 20 })
    await sendEvents(other, othersEvents)
    await merchants.expectOthersEvents(othersEvents)
    expect(hostile.openMost()).toBe(placesMax)
  })

  test('after sixteen receivers have switched protocols, twice', async () => {
    const { rude, hostile, other } = merchants
    // More requests than concurrent attempts, each time.
    const { events, requests } = size({
      quick: { events: 5, requests: [70, 150] },
      all: { events: 10, requests: [100, 300] },
    })
    hostile.behave(answer(switching))
    const first = await merchants.registerHostile()
    await sendEvents(rude, events)
    merchants.start()
    await until('the receivers are called', () => hostile.requests() >= (requests[0] ?? 0))
    for (const id of first) await rude('DELETE', `${endpointsPath}/${id}`)
    await merchants.registerHostile()
    await sendEvents(rude, events)
    await until('they are called again', () => hostile.requests() >= (requests[1] ?? 0))
    await sendEvents(other, 5)
    await merchants.expectOthersEvents(5)
    await until('no connection is left', () => hostile.open() === 0)
  })
})

test('a receiver that never answers does not delay another receiver', async () => {
  const { rude, hostile } = merchants
  hostile.behave(silence)
  const more = await startReceiver()
  try {
    await rude('POST', endpointsPath, { body: { url: hostile.url } })
    await rude('POST', endpointsPath, { body: { url: more.url } })
    // More than an endpoint's concurrent attempts.
    const count = size({ quick: 10, all: 20 })
    await sendEvents(rude, count)
    merchants.start(neverMs)
    // No attempt at the silent receiver ends before this, so the other receiver waited for none.
    await until('the other receiver has all', () => more.received.length === count)
    expect([hostile.requests(), hostile.open()]).toEqual([8, 8])
  } finally {
    await more.close()
  }
})

test('a server whose receivers all switch protocols still sends to others, and stops cleanly', async () => {
  const { own, rude, hostile, other } = merchants
  hostile.behave(answer(switching))
  const server = await startServer({ databaseUrl: own.databaseUrl })
  try {
    await merchants.registerHostile()
    await sendEvents(rude, 20)
    await until('the receivers are called', () => hostile.requests() >= 256)
    await sendEvents(other, 5)
    await merchants.expectOthersEvents(5)
  } finally {
    expect(await server.stop()).toBe(0)
  }
})
