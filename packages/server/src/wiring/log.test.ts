import { expect, test } from 'vitest'
import { renderLogLine } from './log.ts'

const entry = { level: 30, time: '2024-06-15T10:32:00.123Z', pid: 4711 }

test('a line shows time, level, message and fields of an entry', () => {
  const json = JSON.stringify({ ...entry, migrations: ['0001_baseline'], msg: 'migrated' })
  const line = renderLogLine(json, { colours: false })
  expect(line).toBe('10:32:00 info migrated migrations=["0001_baseline"]\n')
})

test('an error keeps its stack', () => {
  const err = { message: 'gone', stack: 'Error: gone\n    at somewhere' }
  const line = renderLogLine(JSON.stringify({ ...entry, level: 50, err, msg: 'worker failed' }), {
    colours: false,
  })
  expect(line).toBe('10:32:00 error worker failed\n  Error: gone\n    at somewhere\n')
})

test('text that is no log entry stays unchanged', () => {
  expect(renderLogLine('not JSON\n', { colours: true })).toBe('not JSON\n')
})
