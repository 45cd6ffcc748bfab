import { expect, test } from 'vitest'
import { renderLogLine } from './log-lines.ts'

const entry = { level: 30, time: '2024-06-15T10:32:00.123Z', pid: 4711 }

test('a person reads time, level, words and facts of an entry', () => {
  const json = JSON.stringify({ ...entry, migrations: ['0001_baseline'], msg: 'migrated' })
  const line = renderLogLine(json, { colours: false })
  expect(line).toBe('10:32:00 info migrated migrations=["0001_baseline"]\n')
})

test('an error keeps its stack', () => {
  const err = { message: 'gone', stack: 'Error: gone\n    at somewhere' }
  const line = renderLogLine(JSON.stringify({ ...entry, level: 50, err, msg: 'held up' }), {
    colours: false,
  })
  expect(line).toBe('10:32:00 error held up\n  Error: gone\n    at somewhere\n')
})

test('what is no entry is shown as it is', () => {
  expect(renderLogLine('not JSON\n', { colours: true })).toBe('not JSON\n')
})
