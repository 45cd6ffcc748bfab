import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program and its arguments. */
type Opener = readonly [file: string, ...args: string[]]

/**
 * Opens a web page in the browser: by the program of BROWSER, else by that of the system. Returns
 * whether it started.
 */
export async function openInBrowser(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const { protocol } = new URL(url)
  // The URL may come from an answer. Other schemes could start any program.
  if (protocol !== 'http:' && protocol !== 'https:') return false
  const browser = env.BROWSER?.trim()
  const [file, ...args]: Opener = browser ? [browser] : systemOpener()
  // No shell: characters of the URL have no meaning to the system.
  const child = spawn(file, [...args, url], { stdio: 'ignore', detached: true })
  try {
    await once(child, 'spawn')
    child.unref()
    return true
  } catch {
    return false
  }
}

function systemOpener(): Opener {
  if (process.platform === 'darwin') return ['open']
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return ['xdg-open']
}
