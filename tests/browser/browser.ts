import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

const root = join(import.meta.dirname, '../..')
const packed = join(root, 'node_modules/@sparticuz/chromium')
const { version } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'))
/** Unpacked once per version: 180 MB take two seconds. */
const unpacked = join(root, `node_modules/.cache/hedge-chromium-${version}`)

const flags = [
  // Tests run as root in containers, where Chromium's own sandbox cannot start.
  '--no-sandbox',
  '--no-zygote',
  // The binary has no GPU process to talk to, and pages need none.
  '--disable-gpu',
  '--in-process-gpu',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
  // Nothing but the pages under test goes out.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
]

/**
 * Starts the Chromium that comes from npm, headless, with an empty profile and a home of its own.
 * Where the machine lacks libraries that it needs, those that come with it are used.
 */
export async function launchBrowser(): Promise<Browser> {
  await unpack()
  const executablePath = join(unpacked, 'chromium')
  const home = await mkdtemp(join(tmpdir(), 'hedge-browser-'))
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    HOME: home,
    FONTCONFIG_FILE: await writeFontConfig(home),
  }
  if (!starts(executablePath, env)) env.LD_LIBRARY_PATH = join(unpacked, 'al2023/lib')
  // Without a time limit: on a busy machine a start takes long, and a hang ends by the limit of the hook.
  const browser = await chromium.launch({ executablePath, args: flags, env, timeout: 0 })
  browser.once('disconnected', () => rmSync(home, { recursive: true, force: true }))
  return browser
}

/**
 * The configuration that comes with the fonts searches for them below /tmp, where only the package's
 * own unpacking puts them: with it, a fresh machine has no font, and Chromium ends at the first
 * text. Ours names them where they are, and no others, so that pages look alike on every machine.
 */
async function writeFontConfig(home: string): Promise<string> {
  const path = join(home, 'fonts.conf')
  await writeFile(
    path,
    `<?xml version="1.0"?>
<fontconfig>
  <dir>${join(unpacked, 'fonts/fonts')}</dir>
  <cachedir>${join(home, 'font-cache')}</cachedir>
</fontconfig>
`,
  )
  return path
}

/** Unpacks beside the place and moves it there whole, so that files that run at once do not meet. */
async function unpack(): Promise<void> {
  if (existsSync(unpacked)) return
  await mkdir(join(unpacked, '..'), { recursive: true })
  const partial = await mkdtemp(`${unpacked}-`)
  const { TMPDIR } = process.env
  // The package unpacks to the folder for temporary files.
  process.env.TMPDIR = partial
  try {
    for (const file of ['chromium.br', 'fonts.tar.br', 'al2023.tar.br', 'swiftshader.tar.br']) {
      await inflate(join(packed, 'bin', file))
    }
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  await rename(partial, unpacked).catch(async (cause: NodeJS.ErrnoException) => {
    await rm(partial, { recursive: true, force: true })
    if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause
  })
}

/** Whether the loader finds all its libraries. */
function starts(executablePath: string, env: Record<string, string>): boolean {
  try {
    execFileSync(executablePath, ['--version', '--no-sandbox'], { env, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
