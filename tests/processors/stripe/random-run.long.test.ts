import { expect, test } from 'vitest'
import { type Findings, joined, nothing } from './random-run/books/findings.ts'
import { findProblems } from './random-run/books/oracle.ts'
import { runRound } from './random-run/rounds.ts'
import { startWorld } from './random-run/start-world.ts'

// Random commands by API and by hand at Stripe, while requests, answers and messages are lost, doubled, late or
// wrong, and servers are killed. At the end of each round everything comes to rest, and the books agree with
// Stripe's to the cent. An hour: HEDGE_SOAK_MINUTES=60 npx vitest run --mode all \
// tests/processors/stripe/random-run.long.test.ts

const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 100_000)
const minutes = Number(process.env.HEDGE_SOAK_MINUTES ?? 0)
/** Commands of a round. Without a duration, there is one short round. */
const commandsMax = Number(process.env.HEDGE_SOAK_COMMANDS ?? (minutes > 0 ? 2_000 : 150))

/** The last round may begin at the end of the time, and then all payments are compared. */
const timeout = (minutes + 60) * 60_000

/** Payments of earlier rounds that are compared again after a round. At the end, all are. */
const recheckedCount = 500

test(`random commands with the seed ${seed} end with books that agree`, { timeout }, async () => {
  const endMs = Date.now() + minutes * 60_000
  const world = await startWorld(seed)
  const all: Findings[] = []
  try {
    for (let round = 1; round === 1 || Date.now() < endMs; round++) {
      const from = Math.max(0, world.payments.length - recheckedCount)
      const stuck = await runRound(world, { seed: seed + 10_000 * round, commandsMax })
      all.push(joined([stuck, await findProblems(world, world.payments.slice(from))]))
      if (minutes > 0) show(`round ${round}\n${world.counts.report()}\n${textOf(all.at(-1))}\n`)
    }
    all.push(await findProblems(world, world.payments))
  } finally {
    await world.stop()
  }
  const { problems } = joined(all)
  expect(problems, `seed ${seed}\n${textOf(joined(all))}`).toEqual([])
})

function textOf({ problems, histories }: Findings = nothing): string {
  return [...problems, ...histories].join('\n')
}

function show(text: string): void {
  process.stdout.write(text)
}
