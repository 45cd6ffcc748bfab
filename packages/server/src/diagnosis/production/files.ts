import { stat } from 'node:fs/promises'
import { credentialsFile } from '../../wiring/banner.ts'
import { type Check, fail, ok, warn } from '../engine/check.ts'

/** Permissions of others and of the group to read or write. Those who may only pass through list nothing. */
const forOthers = 0o066

/** Checks who can read the file of the settings, which contains secrets. */
export async function checkSettingsFile(file: string | null): Promise<Check[]> {
  return file === null ? [] : await checkPrivate('settings_file', file, '600')
}

/** Checks who can read the data folder, and whether the first test key is stored there. */
export async function checkDataFolder(folder: string): Promise<Check[]> {
  const stored = credentialsFile(folder)
  const hasKey = await stat(stored).then(
    () => true,
    () => false,
  )
  return [
    ...(await checkPrivate('data_permissions', folder, '700')),
    ...(hasKey
      ? [
          warn('first_key', {
            found: `the first test key is stored in ${stored}`,
            expected: 'keys in a store for secrets only',
            action: 'create keys with the scopes that you need, revoke the first, delete the file',
          }),
        ]
      : []),
  ]
}

async function checkPrivate(name: string, path: string, mode: string): Promise<Check[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    if (found.code === 'ENOENT') return []
    return [
      warn(name, {
        found: `${path} cannot be examined (${found.code})`,
        expected: 'a path that the doctor may examine',
        action: 'run the doctor as the user of the server',
      }),
    ]
  }
  const text = (found.mode & 0o777).toString(8)
  if ((found.mode & forOthers) === 0) return [ok(name, `${path} has mode ${text}`)]
  return [
    fail(name, {
      found: `${path} has mode ${text}`,
      expected: `mode ${mode}: it contains secrets`,
      action: `run: chmod ${mode} ${path}`,
    }),
  ]
}
