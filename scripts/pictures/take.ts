// `npm run pictures [-- name …]`: takes the pictures of the documents from a running server: `race` (an
// SVG) and `screenshots` (PNGs), or those named.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startDemoServer } from './demo-server.ts'
import { drawRace, runRace } from './race.ts'
import { takeScreenshots } from './screenshots.ts'

const folder = join(import.meta.dirname, '../../docs/images')
const takers: Readonly<Record<string, (url: string) => Promise<void>>> = {
  async race(url) {
    // The first race of a process is slower: the server compiles its code and prepares its statements.
    await runRace(url)
    await writeFile(join(folder, 'race.svg'), drawRace(await runRace(url)))
  },
  async screenshots(url) {
    await takeScreenshots(url, folder)
  },
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(takers)
await mkdir(folder, { recursive: true })
const server = await startDemoServer()
try {
  for (const name of names) {
    const take = takers[name]
    if (!take) {
      throw new Error(`unknown picture ${name}, expected one of ${Object.keys(takers).join(', ')}`)
    }
    await take(server.url)
  }
} finally {
  await server.stop()
}
