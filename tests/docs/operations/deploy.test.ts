import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../../packages/server/src/wiring/config.ts'
import { readDocument } from '../markdown.ts'
import { read, root, secretLike } from './files.ts'

/** The server's own deadline for a stop, in seconds. The service manager must wait longer. */
const stopSeconds = readStopSeconds()

/** Exists only on machines with systemd. */
const verifier = 'systemd-analyze'

describe('the Dockerfile', () => {
  const lines = read('deploy/Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')))
  const of = (instruction: string) => last.filter((line) => line.startsWith(`${instruction} `))

  test('has two stages, and installs only runtime dependencies, without install scripts', () => {
    expect(lines.filter((line) => line.startsWith('FROM'))).toHaveLength(2)
    expect(of('RUN').join()).toContain('npm ci --omit=dev --omit=optional --ignore-scripts')
  })

  test('switches to a user other than root after the last copy', () => {
    const user = of('USER').at(-1)
    expect(user).toMatch(/^USER [1-9]\d*:[1-9]\d*$/)
    const after = last
      .slice(last.indexOf(user ?? ''))
      .filter((line) => /^(COPY|RUN|ADD)/.test(line))
    expect(after).toEqual([])
  })

  test('uses the Node version of the repository, and starts an existing program', () => {
    const { node } = (JSON.parse(read('package.json')) as { dependencies: { node: string } })
      .dependencies
    for (const line of lines.filter((each) => each.startsWith('FROM'))) {
      expect(line).toContain(`node:${node}-`)
    }
    const command = JSON.parse(of('CMD')[0]?.slice(4) ?? '[]') as string[]
    expect(existsSync(join(root, command[1] ?? ''))).toBe(true)
  })

  test('creates the builds that `hedge` needs, because .dockerignore excludes those of the clone', () => {
    for (const name of ['node', 'server', 'cli']) {
      expect(last).toContain(`COPY --from=build /app/packages/${name}/dist packages/${name}/dist`)
    }
  })

  test('copies existing files, excludes private files, and contains no secret', () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(read('deploy/Dockerfile')).not.toMatch(secretLike)
    const ignored = read('.dockerignore').split('\n')
    for (const path of ['.git', '**/.hedge', '**/node_modules']) expect(ignored).toContain(path)
  })

  test('copies the manifest of every workspace, because npm needs them for the lockfile', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
    // npm accepts a lockfile without the workspace of the tests.
    expect(workspaces).toEqual(['packages/*', 'apps/*', 'tests/clients'])
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> }
    const apps = Object.keys(lock.packages).filter((path) => /^apps\/[^/]+$/.test(path))
    for (const app of apps) expect(last.join('\n')).toContain(`COPY ${app}/package.json ${app}/`)
  })
})

describe('the compose file', () => {
  const compose = parse(read('deploy/docker-compose.yml'))
  const { server, database } = compose.services

  test('starts the server with a read-only file system, without privileges, for this machine only', () => {
    expect(server.read_only).toBe(true)
    expect(server.cap_drop).toEqual(['ALL'])
    expect(server.security_opt).toContain('no-new-privileges:true')
    for (const port of server.ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(database.ports).toBeUndefined()
    expect(Number.parseInt(server.stop_grace_period, 10)).toBeGreaterThan(stopSeconds)
  })

  test('contains no secret, and requires those that are needed as variables', () => {
    expect(read('deploy/docker-compose.yml')).not.toMatch(secretLike)
    const wanted = [...read('deploy/docker-compose.yml').matchAll(/\$\{(\w+):\?/g)]
    const example = read('deploy/compose.env.example')
    for (const [, name] of wanted) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'))
  })

  test('sets only variables that the server reads, so that it starts', () => {
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

/** The default value (after `:-`) of a variable of a compose file. */
const defaultOf = (text: string) => /^\$\{\w+:-(.*)\}$/.exec(text)?.[1]

describe('the trusted proxies are set in', () => {
  test('the compose file: by default the gateway of its own network', () => {
    const compose = parse(read('deploy/docker-compose.yml'))
    const proxies = defaultOf(compose.services.server.environment.HEDGE_TRUSTED_PROXIES)
    expect(proxies).toBe(compose.networks.default.ipam.config[0].gateway)
    expect(parseConfig({ HEDGE_TRUSTED_PROXIES: proxies }).trustedProxies).toEqual([proxies])
    expect(read('deploy/compose.env.example')).toMatch(/^HEDGE_TRUSTED_PROXIES=$/m)
  })

  test('the Kubernetes base, and its public address is https', () => {
    const { publicUrl, trustedProxies } = parseConfig(kubernetesSettings())
    expect(publicUrl).toMatch(/^https:/)
    expect(trustedProxies.length).toBeGreaterThan(0)
  })

  test('the systemd unit: only this machine', () => {
    const [, proxies] =
      /^Environment=HEDGE_TRUSTED_PROXIES=(.*)$/m.exec(
        read('deploy/systemd/hedge-payments.service'),
      ) ?? []
    expect(parseConfig({ HEDGE_TRUSTED_PROXIES: proxies }).trustedProxies).toEqual([
      '127.0.0.1',
      '::1',
    ])
  })

  test('the guide, which explains the effect of a missing setting', () => {
    expect(readDocument('docs/running-in-production.md')).toContain('live mode is not served')
  })
})

/** The manifests of the base for kustomize, in the order of its list. */
const kubernetes = (file: string) => parse(read(`deploy/kubernetes/${file}`))

/** The settings of the base that are no secrets. */
function kubernetesSettings(): Record<string, string> {
  const [{ literals }] = kubernetes('kustomization.yaml').configMapGenerator
  return Object.fromEntries(literals.map((text: string) => text.split(/=(.*)/s, 2)))
}

describe('the Kubernetes base', () => {
  const base = kubernetes('kustomization.yaml')
  const [deployment, service, budget] = base.resources.map(kubernetes)
  const pod = deployment.spec.template.spec
  const [container] = pod.containers
  const [migration] = pod.initContainers

  test('has a deployment, a service and a disruption budget with the same labels', () => {
    expect(globSync('*.yaml', { cwd: join(root, 'deploy/kubernetes') }).toSorted()).toEqual(
      ['kustomization.yaml', ...base.resources].toSorted(),
    )
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

  test('runs without privileges on a read-only file system', () => {
    expect(pod.securityContext.runAsNonRoot).toBe(true)
    expect(pod.automountServiceAccountToken).toBe(false)
    for (const { securityContext } of [container, migration]) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test('has only settings that the server reads, and takes secrets from a secret', () => {
    const configuration = readDocument('docs/configuration.md')
    for (const name of Object.keys(kubernetesSettings())) {
      expect(configuration).toContain(`\`${name}\``)
    }
    for (const { env, envFrom } of [container, migration]) {
      expect(env).toBe(undefined)
      const name = base.configMapGenerator[0].name
      expect(envFrom).toEqual([{ configMapRef: { name } }, { secretRef: { name } }])
    }
    for (const file of ['kustomization.yaml', ...base.resources]) {
      expect(read(`deploy/kubernetes/${file}`)).not.toMatch(secretLike)
    }
  })

  test('migrates before the server starts, by an existing command and with the image of the server', () => {
    const [program, path, command] = migration.command
    expect([program, command]).toEqual(['node', 'migrate'])
    expect(existsSync(join(root, path))).toBe(true)
    expect(base.images.map(({ name }: { name: string }) => name)).toEqual([container.image])
    expect(migration.image).toBe(container.image)
  })

  test('probes paths that the server answers, and waits longer than it needs to stop', () => {
    expect(container.startupProbe.httpGet.path).toBe('/healthz')
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    const seconds = container.lifecycle.preStop.sleep.seconds + stopSeconds
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds)
  })
})

describe('the systemd unit', () => {
  const unit = read('deploy/systemd/hedge-payments.service')
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]

  test('has all sections, and starts an existing program as a user without privileges', () => {
    expect(unit.match(/^\[\w+\]$/gm)).toEqual(['[Unit]', '[Service]', '[Install]'])
    const [node = '', main = ''] = value('ExecStart')?.split(' ') ?? []
    expect(node).toBe('/opt/hedge-payments/node_modules/.bin/node')
    expect(existsSync(join(root, main))).toBe(true)
    expect(value('User')).toBe('hedge-payments')
    expect(value('NoNewPrivileges')).toBe('yes')
    expect(value('ProtectSystem')).toBe('strict')
    expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(stopSeconds)
    // The JavaScript engine compiles at run time, so memory must become executable.
    expect(value('MemoryDenyWriteExecute')).toBeUndefined()
  })

  test('sets only variables that the server reads', () => {
    for (const [, name] of unit.matchAll(/^Environment=(\w+)=/gm)) {
      expect(readDocument('docs/configuration.md')).toContain(`\`${name}\``)
    }
  })
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

  test('runs npm scripts that exist here, with read permission only', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    const steps = workflow.jobs.ci.steps.map((step: { run?: string }) => step.run)
    expect(steps).toContain('.ci/run')
  })
})

/** The highest exposure of the unit, in tenths, of 100: `systemd-analyze security` calls up to 20 well protected. */
const exposureMax = 19

describe.runIf(spawnSync(verifier, ['--version']).status === 0)('systemd-analyze', () => {
  const unit = join(root, 'deploy/systemd/hedge-payments.service')
  const analyze = (...args: string[]) => spawnSync(verifier, args, { encoding: 'utf8' })

  test('accepts the unit', () => {
    const { stderr } = analyze('verify', '--man=no', unit)
    const faults = stderr.split('\n').filter((line) => line.includes('hedge-payments.service'))
    // The path of the program exists only after the installation.
    expect(faults.filter((line) => !line.includes('is not executable'))).toEqual([])
  })

  test('finds the unit well protected', () => {
    const { status, stdout, stderr } = analyze(
      ...['security', '--offline=true', `--threshold=${exposureMax}`, '--no-pager', unit],
    )
    expect(status, `${stdout}${stderr}`).toBe(0)
  })
})
