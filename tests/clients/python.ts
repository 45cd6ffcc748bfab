import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

/** The Python of this machine, or `null`. The documents do not require one. */
export const python = ['python3', 'python'].find(isPython3) ?? null

function isPython3(command: string): boolean {
  try {
    const version = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: 'pipe' })
    return version.startsWith('Python 3')
  } catch {
    return false
  }
}

/** Runs Python with `args`. @throws with the error output if it fails. */
export async function runPython(
  args: readonly string[],
  options: { input?: string; path?: string } = {},
): Promise<string> {
  if (python === null) throw new Error('Python 3 is not installed')
  const { PYTHONPATH = '' } = process.env
  const path = [options.path, PYTHONPATH].filter(Boolean).join(':')
  const running = promisify(execFile)(python, [...args], {
    env: { ...process.env, PYTHONPATH: path, PYTHONIOENCODING: 'utf-8' },
    maxBuffer: 64 * 1024 * 1024,
  })
  running.child.stdin?.end(options.input ?? '')
  return (await running).stdout
}

/** Whether Python finds a module. */
export async function hasModule(name: string, path?: string): Promise<boolean> {
  const found = runPython(['-c', `import ${name}`], path === undefined ? {} : { path })
  return await found.then(
    () => true,
    () => false,
  )
}

/**
 * Prints on standard error that a test is skipped, and why, because the summary of a run shows only
 * the number. Returns the reason, for the test's own record.
 */
export function explainSkip(test: string, reason: string): string {
  process.stderr.write(`skipped: ${test}: ${reason}\n`)
  return reason
}
