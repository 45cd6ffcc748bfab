import type { Config } from '../../wiring/config.ts'
import { type Check, fail, ok, warn } from '../engine/check.ts'
import { checkDatabaseTls, isThisMachine } from './database-tls.ts'
import { checkDataFolder, checkSettingsFile } from './files.ts'
import { checkStripe } from './stripe.ts'

/** What is judged: the settings of a server, and the files that they come from. */
export interface Deployment {
  readonly config: Config
  /** `PGSSLMODE`, which the driver of PostgreSQL reads. */
  readonly pgSslMode: string | undefined
  /** The file of the settings; `null`: they come from the environment only. */
  readonly settingsFile: string | null
}

/** Checks the settings and files of a deployment that is to take real payments. */
export async function diagnoseProduction(deployment: Deployment): Promise<Check[]> {
  const { config, settingsFile } = deployment
  return [
    checkPublicUrl(config),
    checkHost(config),
    checkEncryptionKey(config),
    ...checkDatabaseChoice(deployment),
    ...checkStripe(config.stripe),
    checkWebhookNetworks(config),
    checkLogLevel(config),
    ...(await checkSettingsFile(settingsFile)),
    ...(await checkDataFolder(config.dataDir)),
  ]
}

function checkPublicUrl({ publicUrl }: Config): Check {
  const name = 'public_url'
  if (publicUrl?.startsWith('https:')) return ok(name, publicUrl)
  return fail(name, {
    found: publicUrl ?? 'HEDGE_PUBLIC_URL is not set',
    expected: 'an address with https: customers enter card numbers there',
    action: 'put a proxy with TLS in front, and set HEDGE_PUBLIC_URL to its address',
  })
}

/** A proxy on this machine does not need a server that other machines reach. */
function checkHost({ host, trustedProxies }: Config): Check {
  const isLocalProxy = trustedProxies.length > 0 && trustedProxies.every(isThisMachine)
  if (isThisMachine(host) || !isLocalProxy) return ok('host', host)
  return warn('host', {
    found: `the server listens on ${host}, but every trusted proxy is on this machine`,
    expected: 'an address that other machines do not reach without the proxy',
    action: 'set HOST=127.0.0.1',
  })
}

function checkEncryptionKey({ encryptionKey, encryptionKeyPrevious }: Config): Check {
  const name = 'encryption_key'
  if (encryptionKey === null) {
    return fail(name, {
      found: 'HEDGE_ENCRYPTION_KEY is not set',
      expected: 'a key that encrypts the stored secrets of webhooks and processors',
      action: 'set HEDGE_ENCRYPTION_KEY to the output of: openssl rand -base64 32',
    })
  }
  if (encryptionKeyPrevious === null) return ok(name, 'set')
  return warn(name, {
    found: 'HEDGE_ENCRYPTION_KEY_PREVIOUS is still set',
    expected: 'one key, when no stored secret needs the previous one',
    action: 'remove it once the check of secrets says that none needs it',
  })
}

function checkDatabaseChoice({ config, pgSslMode }: Deployment): Check[] {
  if (config.databaseUrl !== null) {
    return [ok('own_database', 'set'), checkDatabaseTls(config.databaseUrl, pgSslMode)]
  }
  return [
    warn('own_database', {
      found: `the bundled PostgreSQL, in ${config.dataDir}`,
      expected: 'a PostgreSQL with a standby and backups',
      action:
        'set DATABASE_URL, and move with hedge export and hedge import. Until then, back up with ' +
        'hedge export every day',
    }),
  ]
}

function checkWebhookNetworks({ webhookPrivateNetworks }: Config): Check {
  const name = 'webhook_networks'
  if (webhookPrivateNetworks !== 'allow') {
    const found = 'private addresses are denied'
    return ok(name, webhookPrivateNetworks === 'deny' ? found : `${found} once there is a live key`)
  }
  return fail(name, {
    found: 'HEDGE_WEBHOOK_PRIVATE_NETWORKS is allow: test webhooks reach your network',
    expected: 'deny',
    action: 'unset HEDGE_WEBHOOK_PRIVATE_NETWORKS, or set it to deny',
  })
}

function checkLogLevel({ logLevel }: Config): Check {
  if (['info', 'warn'].includes(logLevel)) return ok('log_level', logLevel)
  const isVerbose = ['debug', 'trace'].includes(logLevel)
  return warn('log_level', {
    found: `LOG_LEVEL is ${logLevel}, which ${isVerbose ? 'fills the disk' : 'hides warnings'}`,
    expected: 'info or warn',
    action: 'set LOG_LEVEL=info',
  })
}
