/** A move that cannot be made, or not now. The message is for the operator. */
export class MoveError extends Error {
  readonly code: MoveErrorCode

  constructor(code: MoveErrorCode, message: string) {
    super(message)
    this.name = 'MoveError'
    this.code = code
  }
}

/** Why: */
export type MoveErrorCode =
  /** The source does not have the merchant. */
  | 'merchant_not_found'
  /** The target has the merchant, or rows of it that were not deleted, or one of its keys. */
  | 'merchant_exists'
  /** Both addresses name one database. */
  | 'same_database'
  /** A database has no tables of this version, or is a cluster. */
  | 'other_version'
  /** The servers of the target cannot open the secrets of the merchant. */
  | 'other_encryption_key'
  /** No server of this version has started on a database. */
  | 'no_server'
  /** Another command moves the merchant, or it moves to another database. */
  | 'other_move'
  /** The source could not finish its work on the merchant in time. The merchant is served there again. */
  | 'too_slow'
  /** Rows differ after the copy. */
  | 'rows_differ'
  /** The move is complete, so it cannot be undone. */
  | 'move_complete'
  /** The merchant has not moved, or its move is not complete. */
  | 'not_moved'
