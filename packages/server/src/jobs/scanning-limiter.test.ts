import { expect, test, vi } from 'vitest'
import { ScanningLimiter, type SkippedAccounts } from './scanning-limiter.ts'

const limits = { totalMax: 20, testMax: 12, perAccountMax: 8 }
const live = { merchant_id: 'a', livemode: true }
const testJob = { merchant_id: 'a', livemode: false }

function limiterWith(count: number, job = live): ScanningLimiter {
  const limiter = new ScanningLimiter(limits)
  for (let n = 0; n < count; n++) limiter.acquire(job)
  return limiter
}

/** Scans, and returns the accounts that the claim skips. `null`: there was no claim. */
async function skippedBy(limiter: ScanningLimiter): Promise<SkippedAccounts | null> {
  let skipped: SkippedAccounts | null = null
  await limiter.claimBehindSaturated(async (skip) => {
    skipped = skip
    return []
  })
  return skipped
}

test('without saturated accounts there is no scan', async () => {
  expect(await skippedBy(limiterWith(7))).toBeNull()
})

test('a scan skips the accounts that were saturated since the last scan', async () => {
  const limiter = limiterWith(8)
  limiter.release(live)
  const skipped = await skippedBy(limiter)
  expect(skipped?.accounts).toEqual([{ merchantId: 'a', livemode: true, count: 8 }])
  expect(skipped?.isTestSkipped).toBe(false)
  expect(await skippedBy(limiter)).toBeNull()
})

test('an account that is still saturated after a scan is skipped by the next scan as well', async () => {
  const limiter = limiterWith(8)
  await skippedBy(limiter)
  await vi.waitFor(async () => expect(await skippedBy(limiter)).not.toBeNull())
})

test('a scan skips all of test mode at the limit of test mode', async () => {
  expect((await skippedBy(limiterWith(12, testJob)))?.isTestSkipped).toBe(true)
})

test('without capacity for a job there is no scan', async () => {
  expect(await skippedBy(limiterWith(20))).toBeNull()
})

test('the pause after a scan is ten times as long as the scan', async () => {
  const now = vi.spyOn(performance, 'now')
  try {
    const limiter = limiterWith(8)
    now.mockReturnValue(100)
    await limiter.claimBehindSaturated(async () => {
      now.mockReturnValue(107)
      return []
    })
    now.mockReturnValue(176)
    expect(await skippedBy(limiter)).toBeNull()
    now.mockReturnValue(177)
    expect(await skippedBy(limiter)).not.toBeNull()
  } finally {
    now.mockRestore()
  }
})
