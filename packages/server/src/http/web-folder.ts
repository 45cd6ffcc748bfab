import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The folder of a built web app, with a slash at its end: beside the built server in its package, or in
 * `apps/` where the server runs from its sources.
 */
export function webFolder(app: 'dashboard' | 'checkout' | 'docs'): string {
  const packed = fileURLToPath(new URL(`./web/${app}/`, import.meta.url))
  if (existsSync(packed)) return packed
  return fileURLToPath(new URL(`../../../../apps/${app}/dist/`, import.meta.url))
}
