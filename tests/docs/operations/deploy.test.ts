import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { parseConfig } from '../../../packages/server/src/wiring/config.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { parseTableRows, readDocument } from '../markdown.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The server's own deadline for a stop, in seconds: the service manager has to wait longer. */
const stopSeconds = readStopSeconds()

/** Only where there is systemd. */
const verifier = 'systemd-analyze'

/** A secret is long and without blanks; a name of one is not. */
const secretLike = /(?:sk_|pk_|whsec_)[\w-]{8,}|^\s*\S*password\S*[:=]\s*[^$\s]{4,}/im

describe('the Dockerfile', () => {
  const lines = read('deploy/Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')))
  const of = (instruction: string) => last.filter((line) => line.startsWith(`${instruction} `))

  test('has stages, of which the last has neither tools nor scripts', () => {
    expect(lines.filter((line) => line.startsWith('FROM'))).toHaveLength(2)
    expect(of('RUN').join()).toContain('npm ci --omit=dev --omit=optional --ignore-scripts')
  })

  test('ends as a user who is not root, after everything is in place', () => {
    const user = of('USER').at(-1)
    expect(user).toMatch(/^USER [1-9]\d*:[1-9]\d*$/)
    const after = last
      .slice(last.indexOf(user ?? ''))
      .filter((line) => /^(COPY|RUN|ADD)/.test(line))
    expect(after).toEqual([])
  })

  test('runs the Node that the repository runs on, and starts what is there', () => {
    const { node } = (JSON.parse(read('package.json')) as { dependencies: { node: string } })
      .dependencies
    for (const line of lines.filter((each) => each.startsWith('FROM'))) {
      expect(line).toContain(`node:${node}-`)
    }
    const command = JSON.parse(of('CMD')[0]?.slice(4) ?? '[]') as string[]
    expect(existsSync(join(root, command[1] ?? ''))).toBe(true)
  })

  test('has the builds that `hedge` runs from, because .dockerignore leaves out those of the clone', () => {
    for (const name of ['node', 'server', 'cli']) {
      expect(last).toContain(`COPY --from=build /app/packages/${name}/dist packages/${name}/dist`)
    }
  })

  test('copies what there is, leaves out what is private, and holds no secret', () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(read('deploy/Dockerfile')).not.toMatch(secretLike)
    const ignored = read('.dockerignore').split('\n')
    for (const path of ['.git', '**/.hedge', '**/node_modules']) expect(ignored).toContain(path)
  })

  test('has the manifest of every workspace, without which npm refuses the lockfile', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
    // npm accepts a lockfile without the workspace of the tests.
    expect(workspaces).toEqual(['packages/*', 'apps/*', 'tests/clients'])
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> }
    const apps = Object.keys(lock.packages).filter((path) => /^apps\/[^/]+$/.test(path))
    for (const app of apps) expect(last.join('\n')).toContain(`COPY ${app}/package.json ${app}/`)
  })
})

describe('a secret that the documents have people write to a file', () => {
  const files = [
    ...['deploy/compose.env', '.env', '.env.local', '.env.production', 'production.env'],
    ...['examples/express-shop/.env', 'packages/server/.env', 'packages/server/hedge.env'],
    ...['.hedge/credentials.json', 'packages/server/.hedge/postgres/password'],
    ...['restored/credentials.json', 'restored/postgres/data/PG_VERSION', 'shop/credentials.json'],
    ...['ca.pem', 'deploy/tls.key', 'hedge.dump', 'hedge-backup.tar.gz'],
  ]

  test.each(files)('%s: is ignored by git', (file) => {
    const { status } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', file], {
      cwd: root,
    })
    expect(status).toBe(0)
  })

  test.each(files)('%s: does not get into an image', (file) => {
    const patterns = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    const parts = file.split('/')
    // What a folder is ignored with is ignored with it.
    const paths = parts.map((_, at) => parts.slice(0, at + 1).join('/'))
    const isIgnored = paths.some((path) => patterns.some((pattern) => matchesGlob(path, pattern)))
    expect(isIgnored).toBe(true)
  })

  test('no file that is ignored is in the repository, and the example is', () => {
    const listed = (...args: string[]) =>
      spawnSync('git', ['ls-files', ...args], { cwd: root, encoding: 'utf8' }).stdout
    expect(listed('--cached', '--ignored', '--exclude-standard')).toBe('')
    expect(listed('deploy')).toContain('deploy/compose.env.example')
    expect(read('deploy/compose.env.example')).not.toMatch(/^\w+=\S/m)
  })
})

describe('the compose file', () => {
  const compose = parse(read('deploy/docker-compose.yml'))
  const { server, database } = compose.services

  test('starts the server read-only, without rights, for this machine only', () => {
    expect(server.read_only).toBe(true)
    expect(server.cap_drop).toEqual(['ALL'])
    expect(server.security_opt).toContain('no-new-privileges:true')
    for (const port of server.ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(database.ports).toBeUndefined()
    expect(Number.parseInt(server.stop_grace_period, 10)).toBeGreaterThan(stopSeconds)
  })

  test('has no secret in it: those that are needed are asked for', () => {
    expect(read('deploy/docker-compose.yml')).not.toMatch(secretLike)
    const wanted = [...read('deploy/docker-compose.yml').matchAll(/\$\{(\w+):\?/g)]
    const example = read('deploy/compose.env.example')
    for (const [, name] of wanted) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'))
  })

  test('sets only what the server reads, so that it starts', () => {
    const set = {
      ...server.environment,
      DATABASE_URL: 'postgres://hedge:letters@database/hedge',
      HEDGE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      HEDGE_API_KEY: 'pk_test_12345678',
      HEDGE_API_SECRET: `sk_test_${randomBytes(24).toString('hex')}`,
      HEDGE_PUBLIC_URL: 'http://localhost:4000',
      HEDGE_TRUSTED_PROXIES: '172.30.99.1',
    }
    expect(parseConfig(set).databaseUrl).toContain('@database/hedge')
    for (const name of Object.keys(server.environment)) {
      expect(readDocument('docs/configuration.md')).toContain(`\`${name}\``)
    }
  })
})

/** The value behind the `:-` of a variable of a compose file. */
const defaultOf = (text: string) => /^\$\{\w+:-(.*)\}$/.exec(text)?.[1]

describe('every file that starts a server names the proxies in front', () => {
  test('the compose file: the gateway of its own network, unless another is given', () => {
    const compose = parse(read('deploy/docker-compose.yml'))
    const proxies = defaultOf(compose.services.server.environment.HEDGE_TRUSTED_PROXIES)
    expect(proxies).toBe(compose.networks.default.ipam.config[0].gateway)
    expect(parseConfig({ HEDGE_TRUSTED_PROXIES: proxies }).trustedProxies).toEqual([proxies])
    expect(read('deploy/compose.env.example')).toMatch(/^HEDGE_TRUSTED_PROXIES=$/m)
  })

  test('the Kubernetes manifest, whose public address is https', () => {
    const [deployment] = parseAllDocuments(read('deploy/kubernetes.yaml')).map((each) =>
      each.toJS(),
    )
    const env = Object.fromEntries(
      deployment.spec.template.spec.containers[0].env.map(
        ({ name, value }: { name: string; value: string }) => [name, value],
      ),
    )
    const { publicUrl, trustedProxies } = parseConfig(env)
    expect(publicUrl).toMatch(/^https:/)
    expect(trustedProxies.length).toBeGreaterThan(0)
  })

  test('the systemd unit: this machine', () => {
    const [, proxies] =
      /^Environment=HEDGE_TRUSTED_PROXIES=(.*)$/m.exec(read('deploy/hedge-payments.service')) ?? []
    expect(parseConfig({ HEDGE_TRUSTED_PROXIES: proxies }).trustedProxies).toEqual([
      '127.0.0.1',
      '::1',
    ])
  })

  test('and the guide says what happens without', () => {
    expect(readDocument('docs/running-in-production.md')).toContain('live mode is not served')
  })
})

describe('the Kubernetes manifest', () => {
  const [deployment, service, budget] = parseAllDocuments(read('deploy/kubernetes.yaml')).map(
    (document) => document.toJS(),
  )
  const pod = deployment.spec.template.spec
  const [container] = pod.containers

  test('is a deployment, its service and its budget, of the same labels', () => {
    expect([deployment.kind, service.kind, budget.kind]).toEqual([
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ])
    const { labels } = deployment.spec.template.metadata
    expect(deployment.spec.selector.matchLabels).toEqual(labels)
    expect(service.spec.selector).toEqual(labels)
    expect(budget.spec.selector.matchLabels).toEqual(labels)
    expect(deployment.spec.replicas).toBeGreaterThan(budget.spec.minAvailable)
  })

  test('runs without rights, on a read-only file system, with no secret in it', () => {
    expect(pod.securityContext.runAsNonRoot).toBe(true)
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(read('deploy/kubernetes.yaml')).not.toMatch(secretLike)
  })

  test('gives the server the time to finish', () => {
    const seconds = container.lifecycle.preStop.sleep.seconds + stopSeconds
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds)
  })
})

describe('the systemd unit', () => {
  const unit = read('deploy/hedge-payments.service')
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]

  test('has its sections, starts what is there, as a user without rights', () => {
    expect(unit.match(/^\[\w+\]$/gm)).toEqual(['[Unit]', '[Service]', '[Install]'])
    const [node = '', main = ''] = value('ExecStart')?.split(' ') ?? []
    expect(node).toBe('/opt/hedge-payments/node_modules/.bin/node')
    expect(existsSync(join(root, main))).toBe(true)
    expect(value('User')).toBe('hedge-payments')
    expect(value('NoNewPrivileges')).toBe('yes')
    expect(value('ProtectSystem')).toBe('strict')
    expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(stopSeconds)
    // JavaScript is compiled as it runs: memory has to become executable.
    expect(value('MemoryDenyWriteExecute')).toBeUndefined()
  })
})

describe('what is measured', () => {
  let database: TestDatabase
  let server: TestServer
  let measured: string[]

  beforeAll(async () => {
    database = await createMigratedDatabase()
    server = await startServer({ databaseUrl: database.url })
    const text = await (await fetch(`${server.url}/metrics`)).text()
    measured = [...text.matchAll(/^# TYPE (hedge_\w+) /gm)].map(([, name]) => name ?? '')
  })

  afterAll(async () => {
    await server.stop()
    await database.drop()
  })

  test('the dashboard of Grafana shows what there is to see', () => {
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as {
      panels: { id: number; targets: { expr: string }[] }[]
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const asked = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/hedge_\w+/g) ?? []),
    )
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !isMeasured(name))).toEqual([])
  })

  test('the guide lists every metric of ours, and no other', () => {
    const listed = parseTableRows(readDocument('docs/running-in-production.md'))
      .map(([name = '']) => /^`(hedge_\w+)`$/.exec(name)?.[1])
      .filter((name) => name !== undefined)
    expect(listed.toSorted()).toEqual(measured.toSorted())
  })

  /** A histogram is asked for by its parts. */
  function isMeasured(name: string): boolean {
    return measured.includes(name) || measured.includes(name.replace(/_(bucket|sum|count)$/, ''))
  }
})

function readStopSeconds(): number {
  const found = globSync('packages/server/src/wiring/**/*.ts', { cwd: root })
    .map((path) => /^const stopTimeoutMs = ([\d_]+)$/m.exec(read(path))?.[1])
    .find((text) => text !== undefined)
  if (found === undefined) throw new Error('the server has no deadline for its stop')
  return Number(found.replaceAll('_', '')) / 1000
}

describe('the workflow', () => {
  const workflow = parse(read('.github/workflows/ci.yml'))

  test('runs what anybody can run here, with the right to read and no other', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    const steps = workflow.jobs.ci.steps.map((step: { run?: string }) => step.run)
    expect(steps).toContain('.ci/run')
  })
})

test.runIf(spawnSync(verifier, ['--version']).status === 0)(
  'systemd finds no fault with the unit',
  () => {
    const { stderr } = spawnSync(
      verifier,
      ['verify', '--man=no', join(root, 'deploy/hedge-payments.service')],
      { encoding: 'utf8' },
    )
    const faults = stderr.split('\n').filter((line) => line.includes('hedge-payments.service'))
    // The program is where it will be installed, not here.
    expect(faults.filter((line) => !line.includes('is not executable'))).toEqual([])
  },
)
