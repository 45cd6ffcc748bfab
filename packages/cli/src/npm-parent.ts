import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { say } from './output/terminal.ts'

const checkIntervalMs = 1_000

/** Variables that npm and its relatives set for the programs that they start. */
const npmVariables = ['npm_command', 'npm_execpath', 'npm_lifecycle_event']

/** The shells that npm starts programs with. */
const shells = /^-?(sh|ash|bash|dash|ksh|zsh|busybox)$/

/** The start of this process. Injected by tests. */
export interface Started {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
}

/**
 * Ends this process as SIGTERM does, soon after npm has ended, if npm started this process. npm starts
 * a shell, and the shell starts this process. No signal arrives if npm is killed, and a signal to npm
 * often ends only the shell. Without this check a server would run until somebody finds it.
 *
 * A process without npm is not checked, so `nohup hedge serve` outlives its shell. Windows keeps the id
 * of a parent that has ended, so nothing happens there.
 */
export async function endWithNpm({ env, platform }: Started): Promise<void> {
  if (platform === 'win32' || !npmVariables.some((name) => env[name])) return
  const parent = process.ppid
  const shell = await describeProcess(parent)
  // Without a shell in between, the parent is npm. npm's own parent does not matter.
  const npm = shell && shells.test(shell.name) ? shell.parent : undefined
  const check = async () => {
    const isParent = process.ppid === parent
    if (isParent && (npm === undefined || (await isChildOf(parent, npm)))) return
    clearInterval(timer)
    say('hedge: npm, which started this command, has ended. Stopping.')
    process.kill(process.pid, 'SIGTERM')
  }
  const timer = setInterval(() => void check(), checkIntervalMs)
  timer.unref()
}

interface ProcessFacts {
  /** The program's name, without its folder. */
  readonly name: string
  readonly parent: number
}

/** `undefined` if the system does not say. */
async function describeProcess(pid: number): Promise<ProcessFacts | undefined> {
  return (await readProc(pid)) ?? (await askPs(pid))
}

/** Linux. Small images have no `ps`. */
async function readProc(pid: number): Promise<ProcessFacts | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name is in parentheses, and can contain parentheses itself.
  const [, name, parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(text) ?? []
  return name === undefined ? undefined : { name, parent: Number(parent) }
}

async function askPs(pid: number): Promise<ProcessFacts | undefined> {
  const asked = promisify(execFile)('ps', ['-o', 'ppid=,comm=', '-p', String(pid)])
  const { stdout } = await asked.catch(() => ({ stdout: '' }))
  const [, parent, command = ''] = /^\s*(\d+)\s+(.*)$/m.exec(stdout) ?? []
  return parent === undefined
    ? undefined
    : { name: command.split('/').at(-1) ?? '', parent: Number(parent) }
}

/**
 * Whether the shell is still the child of npm. Elsewhere than on Linux, whether npm exists: a process
 * for each check would be too much, and npm's own parent usually collects it at once.
 */
async function isChildOf(shell: number, npm: number): Promise<boolean> {
  const facts = await readProc(shell)
  return facts ? facts.parent === npm : exists(npm)
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
