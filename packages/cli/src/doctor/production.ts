import { type Check, diagnoseProduction, readSettingsOf } from '@hedgepayments/server/admin'
import { checkMetricsAccess } from './metrics.ts'
import type { Environment } from './settings.ts'

/** Judges the settings and files of a deployment. Wrong settings were reported before. */
export async function* checkProduction(
  env: Environment,
  settingsFile: string | null,
): AsyncGenerator<Check> {
  const config = readSettingsOf(env)
  if (config instanceof Error) return
  yield* await diagnoseProduction({ config, settingsFile, pgSslMode: env.PGSSLMODE })
  if (config.publicUrl !== null) yield await checkMetricsAccess(config.publicUrl, env)
}
