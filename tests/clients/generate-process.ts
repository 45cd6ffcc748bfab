import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'
import openapiTypeScript, { astToString } from 'openapi-typescript'
import { generate as generateByOrval } from 'orval'

// Generates a client in a process of its own: the generators load a TypeScript of their own.
// Arguments: the generator, the document, the folder, the server's address.
const [generator = '', document = '', folder = '', baseUrl = ''] = process.argv.slice(2)

const generators: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'openapi-typescript'() {
    const types = await openapiTypeScript(new URL(`file://${document}`))
    writeFileSync(join(folder, 'api.ts'), astToString(types))
  },
  'hey-api': () =>
    createClient({
      input: document,
      output: join(folder, 'hey'),
      logs: { level: 'silent' },
      plugins: [
        '@hey-api/client-fetch',
        '@hey-api/typescript',
        'zod',
        // Checks requests and answers by the zod schemas.
        { name: '@hey-api/sdk', validator: true },
      ],
    }),
  async orval() {
    const input = { target: document }
    await generateByOrval({
      input,
      output: { target: join(folder, 'client.ts'), client: 'fetch', mode: 'single', baseUrl },
    })
    await generateByOrval({
      input,
      output: { target: join(folder, 'schemas.ts'), client: 'zod', mode: 'single' },
    })
  },
}

const run = generators[generator]
if (!run) throw new Error(`there is no generator ${generator}`)
await run()
