import { inspect } from 'node:util'
import type { HedgePayments, TestClockTime } from '@hedgepayments/node'
import type { Lifetime } from './lifetime.ts'
import { refuseOptions } from './next-options.ts'

/** `'90s'`, `'30m'`, `'1h'`, `'7d'`, or seconds. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}` | { readonly seconds: number }

/** The merchant's clock. Other merchants and real time are not affected. */
export interface TestClock {
  /**
   * Advances the clock, at most by a year, and resolves when it has moved. Everything that becomes due
   * then happens: wait for its webhook.
   *
   * @throws {TypeError} if the duration is none.
   */
  advance(duration: Duration): Promise<TestClockTime>
  /** Retrieves the clock's time. */
  now(): Promise<Date>
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
/** A year, which is the server's limit for one step. */
const secondsMax = 31_622_400

export function createClock(hedge: HedgePayments, lifetime: Lifetime): TestClock {
  return {
    advance: async (duration, ...options: unknown[]) => {
      refuseOptions('clock.advance', options)
      const seconds = parseDuration(duration)
      lifetime.requireRunning('clock.advance')
      return await hedge.testClock.advance({ seconds })
    },
    now: async (...options: unknown[]) => {
      refuseOptions('clock.now', options)
      lifetime.requireRunning('clock.now')
      return new Date((await hedge.testClock.retrieve()).now)
    },
  }
}

/**
 * Parses a duration into whole seconds.
 *
 * @throws {TypeError} that says what came and what was expected.
 */
export function parseDuration(duration: unknown): number {
  const seconds = typeof duration === 'string' ? parseText(duration) : secondsIn(duration)
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= secondsMax) return seconds
  throw new TypeError(
    `clock.advance: expected a duration such as '90s', '30m', '1h' or '7d', or { seconds }, of ` +
      `whole seconds up to 366 days, but got ${textOf(duration)}`,
  )
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // A bigint, or an object that contains itself.
    return inspect(value)
  }
}

function parseText(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  return Number(count) * (secondsOf[unit] ?? Number.NaN)
}

function secondsIn(duration: unknown): number {
  if (typeof duration !== 'object' || duration === null) return Number.NaN
  const { seconds, ...others } = duration as { seconds?: unknown }
  const isAlone = Object.keys(others).length === 0
  return isAlone && typeof seconds === 'number' ? seconds : Number.NaN
}
