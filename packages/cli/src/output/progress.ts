import { formatCount } from './format.ts'
import { paint } from './terminal.ts'

const barWidth = 30

/** A progress bar on standard error. Draws nothing if that is not a terminal. */
export class ProgressBar {
  readonly #stream = process.stderr
  #isDrawn = false

  draw(done: number, total: number): void {
    if (!this.#stream.isTTY) return
    const share = total === 0 ? 0 : Math.min(1, done / total)
    const filled = Math.round(share * barWidth)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
    const counts = `${formatCount(done)} of ${formatCount(total)}`
    const percent = `${Math.floor(share * 100)} %`.padStart(5)
    this.#stream.write(`\r${eraseLine}${paint('cyan', bar, this.#stream)} ${percent}  ${counts}`)
    this.#isDrawn = true
  }

  /** Ends the line of the bar. */
  end(): void {
    if (this.#isDrawn) this.#stream.write('\n')
    this.#isDrawn = false
  }
}

const eraseLine = '\u001b[K'
