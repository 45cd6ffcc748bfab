// `npm run build [package …]`: builds the published packages, or those named, into their `dist` folders.
// `--no-types` omits the declarations, which a clone does not need because it has the sources.

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { writeDeclarations } from './declarations.ts'
import { builtPackages, root } from './packages.ts'

const withoutTypes = process.argv.includes('--no-types')
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

for (const built of builtPackages) {
  if (names.length > 0 && !names.includes(built.name)) continue
  const folder = join(root, 'packages', built.name)
  await rm(join(folder, 'dist'), { recursive: true, force: true })
  await bundle(folder, built)
  for (const app of built.webApps) {
    await cp(join(root, 'apps', app, 'dist'), join(folder, 'dist/web', app), { recursive: true })
  }
  if (!withoutTypes) await writeDeclarations(folder, built)
}
