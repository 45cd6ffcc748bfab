import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: Readonly<Record<string, string>>
        readonly environment?: string
        readonly 'timeout-minutes'?: number
        readonly steps: readonly Step[]
      }
    >
  >
}

const workflows = globSync('.github/workflows/*.yml', { cwd: root })
  .sort()
  .map((path) => ({ path, workflow: parse(read(path)) as Workflow }))

const published = globSync('packages/*/package.json', { cwd: root })
  .map((path) => ({ folder: path.replace('/package.json', ''), manifest: JSON.parse(read(path)) }))
  .filter(({ manifest }) => !manifest.private)

describe.each(workflows)('the workflow $path', ({ workflow }) => {
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  test('may read the code, and only jobs that need more have more', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    const more = jobs.flatMap(({ permissions = {} }) => Object.entries(permissions))
    const known = ['contents: read', 'id-token: write']
    expect(more.map((pair) => pair.join(': ')).filter((pair) => !known.includes(pair))).toEqual([])
  })

  test('uses actions of GitHub in a named version, keeps no credentials, and ends in time', () => {
    const actions = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]))
    expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+$/.test(action))).toEqual([])
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts).toHaveLength(jobs.length)
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false)
    for (const job of jobs) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  test('puts nothing that others write into a command', () => {
    const commands = steps.flatMap(({ run = '' }) => run)
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  })
})

describe('a release', () => {
  const { workflow } = workflows.find(({ path }) => path.endsWith('publish.yml')) ?? expect.fail()
  const job = workflow.jobs.publish ?? expect.fail()
  const commands = job.steps.flatMap(({ run }) => (run === undefined ? [] : [run]))

  test('is made by a tag of a version only, after the whole test', () => {
    expect(workflow.on).toEqual({ push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] } })
    expect(commands[0]).toBe('node scripts/release.ts "$GITHUB_REF_NAME"')
    expect(commands[1]).toBe('.ci/run')
    expect(commands).toHaveLength(3)
  })

  test('publishes every package that is not private, without a token, with provenance', () => {
    const [, ...names] = (commands[2] ?? '').split(' --workspace ')
    expect(commands[2]).toMatch(/^npm publish( --workspace \S+)+$/)
    expect(names.toSorted()).toEqual(published.map(({ manifest }) => manifest.name).toSorted())
    expect(job.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(job.environment).toBe('npm')
    expect(read('.github/workflows/publish.yml')).not.toContain('secrets.')
  })

  const release = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/release.ts'), ...args], { encoding: 'utf8' })

  test('is refused if the tag, the packages and the changelog have different versions', () => {
    const { version } = published[0]?.manifest ?? expect.fail()
    expect(release(`v${version}`).status).toBe(0)
    const other = release('v999.0.0')
    expect(other.status).toBe(1)
    for (const { manifest } of published) {
      expect(other.stderr).toContain(`${manifest.name} has version ${version}: expected 999.0.0`)
    }
    expect(other.stderr).toContain('@hedgepayments/cli depends on @hedgepayments/node')
    expect(other.stderr).toContain('CHANGELOG.md has no heading "## 999.0.0"')
    for (const args of [[], ['999.0.0'], ['v1'], [`v${version}-beta`]]) {
      expect(release(...args)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^the tag is/),
      })
    }
  })
})

describe.each(published)('the package in $folder', ({ folder, manifest }) => {
  test('can be published as it is: its manifest is complete', () => {
    expect(manifest).toMatchObject({
      homepage: 'https://hedgepayments.com',
      bugs: { url: 'https://github.com/hedgepayments/hedge/issues' },
      license: 'Apache-2.0',
      repository: { type: 'git', directory: folder },
      files: expect.arrayContaining(['dist']),
      publishConfig: { access: 'public', provenance: true },
      engines: { node: '>=20.19' },
      scripts: { prepack: expect.stringContaining('scripts/build/build.ts') },
    })
    expect(manifest.description).toMatch(/\.$/)
    expect(manifest.keywords.length).toBeGreaterThan(4)
    expect(manifest).toHaveProperty('exports')
    expect(manifest).toHaveProperty('sideEffects')
    expect(read(`${folder}/LICENSE`)).toBe(read('LICENSE'))
  })

  test('has a README with its name and an example', () => {
    const readme = read(`${folder}/README.md`)
    expect(readme.startsWith(`# ${manifest.name}\n`)).toBe(true)
    expect(readme).toMatch(/^```(?:js|sh)$/m)
  })
})
