import { Command } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { withExamples } from '../../output/examples.ts'
import type { MoveOptions } from './move-merchant.ts'
import { parseCell } from './parse-cell.ts'

/** `hedge merchants move`. */
export function moveCommand(): Command {
  const command = new Command('move')
    .description('move a merchant to the database of another cell, while servers use both')
    .argument('<merchant>', 'the merchant, merch_…')
    .option('--from <url>', 'its database (default: DATABASE_URL, else the bundled one)')
    .option('--to <url>', 'the database of the other cell')
    .option('--map <cell>', "print the lines of its keys for the proxy's map, with this cell")
    .option('--undo', 'undo a move that is not complete: the first database serves the merchant')
    .option('--clean', 'delete the rows of a merchant that has moved away from the first database')
    .addHelpText(
      'after',
      `
For the operator of both cells. The rows are copied while the merchant is served, and the counts and
hashes of all of them are compared. Then its requests get 503 merchant_moving for some seconds, and what
has changed is copied and compared. From then on the other cell serves it, and the first one answers 503
merchant_moved with the address of the other. If the command stops, run it again, or undo with --undo.`,
    )
    .action(async (merchant: string, _options: MoveOptions, self: Command) => {
      const options = self.optsWithGlobals<MoveOptions>()
      requireOptions(options)
      // Imported here, because loading the server's code would slow down every other command.
      const { cleanMerchant, moveMerchantOf, undoMoveOf } = await import('./move-merchant.ts')
      if (options.clean) return await cleanMerchant(merchant, options)
      if (options.undo) return await undoMoveOf(merchant, options)
      return await moveMerchantOf(merchant, options)
    })
  return withExamples(command, [
    [
      'hedge merchants move merch_1 --from postgres://a/hedge --to postgres://b/hedge --map cell_b',
      'move a merchant, and print what the proxy needs',
    ],
    [
      'hedge merchants move merch_1 --from postgres://a/hedge --clean',
      'delete what it has left behind',
    ],
  ])
}

function requireOptions({ to, undo, clean, map }: MoveOptions): void {
  if (undo && clean) throw usageError('Give one of --undo and --clean.')
  if (map !== undefined) parseCell(map)
  if (clean ? to !== undefined : to === undefined) {
    throw usageError(
      clean
        ? '--clean deletes from the database of --from: leave --to out.'
        : 'Give --to, the database of the other cell.',
    )
  }
}
