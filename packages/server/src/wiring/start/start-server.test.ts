import { expect, test } from 'vitest'
import { isTracing } from '../../tracing/spans.ts'
import { parseConfig } from '../config.ts'
import { ConfigError } from '../environment/read.ts'
import { createLog } from '../log.ts'
import { startServer } from './start-server.ts'

test('a failed start stops tracing', async () => {
  const config = parseConfig({
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  })
  expect(config.traces).not.toBeNull()
  const starting = startServer({
    config,
    log: createLog('fatal'),
    onKeys: () => undefined,
    bundledDatabase: 'kept',
  })
  await expect(starting).rejects.toBeInstanceOf(ConfigError)
  expect(isTracing()).toBe(false)
})
