/** One rule about single files: which it covers, and the lines of a file that break it. */
export interface Rule {
  readonly name: string
  readonly covers: (path: string) => boolean
  /** What is wrong, one entry per place; empty when nothing is. */
  readonly offences: (text: string) => readonly string[]
}

/** Style asks for about 250 lines; past 300 a file holds a second idea. */
const linesMax = 300

/** Polls may pause briefly between looks; a longer pause in a test is a guess about time. */
const pauseMaxMs = 100

const code = /\.(?:[cm]?[jt]sx?|sql|sh)$/
const sources = /^(?:packages|apps)\/[^/]+\/src\//
const tests = /\.test\.tsx?$|^tests\//
const generated = /(?:^|\/)generated\/|\.generated\.ts$/

export const rules: readonly Rule[] = [
  {
    name: 'a source file is one idea, so it is short',
    covers: (path) => sources.test(path) && !tests.test(path) && !generated.test(path),
    offences: (text) => {
      const lines = text.split('\n').length - 1
      return lines > linesMax ? [`${lines} lines, at most ${linesMax}`] : []
    },
  },
  {
    name: 'nothing is left for later',
    covers: (path) => code.test(path),
    offences: matches(/\b(?:TODO|FIXME|XXX|HACK)\b/),
  },
  {
    name: 'every test runs',
    covers: (path) => tests.test(path),
    offences: matches(/\b(?:test|it|describe|suite)\.(?:only|skip|todo|fails)\b/),
  },
  {
    name: 'no type is argued away',
    covers: (path) => code.test(path),
    offences: matches(/@ts-(?:ignore|nocheck)|\bas any\s*(?:[)\],;.|&}[]|$)|<any>/),
  },
  {
    name: 'a test waits for a condition, never for time',
    covers: (path) => tests.test(path),
    offences: (text) => longPauses(text),
  },
  {
    name: 'nothing names a folder of one machine',
    covers: () => true,
    offences: matches(/(?<![\w.:/$}-])\/(?:work|root|home|Users)\/\w/),
  },
  {
    name: 'a file is named for its idea',
    covers: (path) =>
      code.test(path) && /(?:^|\/)(?:utils?|helpers?|managers?|common|misc)\b/.test(path),
    offences: () => ['name it after what it is'],
  },
  {
    name: 'decimals of a currency come from the contract, never from Intl',
    // The one module that formats money, and the environment that differs on purpose.
    covers: (path) =>
      code.test(path) &&
      !/^packages\/contract\/src\/money\/amounts(?:\.test)?\.ts$|\/foreign-cldr\.js$/.test(path),
    offences: matches(/\bresolvedOptions\b|\bstyle['"]?\s*:\s*['"`]currency\b/),
  },
  {
    name: 'the lockfile names no registry, so any mirror serves',
    covers: (path) => path === 'package-lock.json',
    offences: matches(/"resolved": "https?:/),
  },
  {
    name: 'a payment token is made by its parser only',
    covers: (path) => code.test(path) && path !== 'packages/server/src/domain/payment-token.ts',
    offences: matches(/\bas (?:\w+ as )?PaymentToken\b|<PaymentToken>[^(]*[('"`]/),
  },
  {
    name: 'the headers of a request are read in one place',
    covers: (path) =>
      path.startsWith('packages/server/src/') &&
      path !== 'packages/server/src/http/request/headers.ts',
    offences: matches(
      /(?<!['"])\b(?:request|req|raw)\.(?:headers|rawHeaders|headersDistinct)\b|\b(?:raw)?[hH]eaders\b[^{}]*\}\s*(?::\s*(?:\w*Request|IncomingMessage)\b|=\s*[\w.]*(?:[rR]equest|raw)\b)/,
    ),
  },
]

function matches(pattern: RegExp): (text: string) => readonly string[] {
  return (text) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${index + 1}: ${line.trim()}`] : []))
}

/** `setTimeout(done, 500)`, `sleep(1_000)`, `await delay(200)`: the pause is the last number. */
function longPauses(text: string): readonly string[] {
  const pause = /\b(?:setTimeout|sleep|delay|pause|wait)\(\s*(?:[\w.]+\s*,\s*)?(\d[\d_]*)\s*[,)]/
  return text.split('\n').flatMap((line, index) => {
    const pauseMs = Number(pause.exec(line)?.[1]?.replaceAll('_', '') ?? 0)
    return pauseMs >= pauseMaxMs ? [`${index + 1}: ${line.trim()}`] : []
  })
}
