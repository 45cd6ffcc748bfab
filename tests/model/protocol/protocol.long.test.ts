import { expect, test } from 'vitest'
import { explore } from './search/explore.ts'
import type { Setting } from './setting.ts'
import { longSettings } from './settings.ts'

test.each(Object.entries<Setting>(longSettings))(
  'no interleaving breaks a property, and every payment can become final: %s',
  (name, setting) => {
    const { counterexample, states, steps, depth } = explore(setting)
    process.stdout.write(`${name}: ${states} states, ${steps} steps, depth ${depth}\n`)
    expect(counterexample).toBeNull()
  },
)
