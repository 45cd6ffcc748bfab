import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { builtPackages, root } from '../../scripts/build/packages.ts'
import { type Installed, installPacked, runClean } from './packed.ts'

let installed: Installed
let folder: string

beforeAll(async () => {
  installed = await installPacked()
  folder = await installed.makeFolder('types')
  for (const file of files) await writeFile(join(folder, file), program)
})

const program = `
  import { HedgePayments, type Payment } from '@hedgepayments/node'
  import { type Sandbox, startSandbox } from '@hedgepayments/testing'
  const hedge = new HedgePayments({ apiSecret: 'sk_test_1' })
  export async function cancel(id: string): Promise<Payment> {
    for await (const payment of hedge.payments.list({ status: 'pending' })) await hedge.payments.cancel(payment.id)
    const event = hedge.webhooks.verify('{}', 't=1,v1=00', 'whsec_1')
    if (event.type === 'payment.canceled') return event.data
    return await hedge.payments.cancel(id, { reason: 'customer_requested' })
  }
  export async function canceledOf(make: () => Promise<Sandbox> = startSandbox): Promise<Payment> {
    const { clock, failNext, merchant, webhooks } = await make()
    await failNext('insufficient_funds')
    await clock.advance('7d')
    const other: HedgePayments = (await merchant()).hedge
    const { event, body, headers, secret } = await webhooks.next('payment.canceled')
    other.webhooks.verify(body, headers, secret)
    return event.data
  }
  // @ts-expect-error There is no such unit.
  export const refused = async () => (await startSandbox()).clock.advance('1w')`

const compilers = ['typescript-5.0', 'typescript-5.9', 'typescript-6', 'typescript-7'] as const
const resolutions = [
  { module: 'commonjs', moduleResolution: 'node10' },
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]
/** The same program as a module of each kind. */
const files = ['use.ts', 'use.mts', 'use.cts']
const cases = compilers.flatMap((compiler) =>
  resolutions
    // TypeScript 7 has no node10.
    .filter(({ moduleResolution }) => compiler !== 'typescript-7' || moduleResolution !== 'node10')
    .map((resolution) => ({ compiler, ...resolution })),
)

test.each(cases)(
  '$compiler compiles .ts, .mts and .cts with $moduleResolution, strict and without skipLibCheck',
  async ({ compiler, ...resolution }) => {
    const compilerOptions = {
      ...resolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      // TypeScript 6 still supports node10, with a deprecation error.
      ...(compiler === 'typescript-6' ? { ignoreDeprecations: '6.0' } : {}),
    }
    const config = { compilerOptions, files }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = installed.tool(`${compiler}/bin/tsc`)
    expect(await runClean(process.execPath, [tsc, '-p', '.'], { cwd: folder })).toBe('')
  },
)

/** Tools of this repository need its Node. */
const env = { PATH: `${join(root, 'node_modules/.bin')}:/usr/bin:/bin` }
const bin = (name: string) => join(root, 'node_modules/.bin', name)

test.each(['node', 'testing'])(
  'the declarations of %s match both of its builds, for every way to import it',
  async (name) => {
    const output = await runClean(bin('attw'), [installed.tarball(name)], { cwd: folder, env })
    // A problem makes it exit with an error. These lines show that it checked the package.
    for (const kind of ['node10', 'from CJS', 'from ESM', 'bundler']) expect(output).toContain(kind)
  },
)

test.each(builtPackages.map(({ name }) => name))('publint accepts %s', async (name) => {
  const args = [installed.tarball(name), '--strict']
  expect(await runClean(bin('publint'), args, { cwd: folder, env })).toContain('All good!')
})
