/** An export or import that cannot be made. The message is for the operator. */
export class CopyError extends Error {
  readonly code: CopyErrorCode

  constructor(code: CopyErrorCode, message: string) {
    super(message)
    this.name = 'CopyError'
    this.code = code
  }
}

/** Why: */
export type CopyErrorCode =
  /** The folder exists and is not empty. */
  | 'folder_not_empty'
  /** The folder contains no complete export. */
  | 'no_export'
  /** The database has no tables of this version, or the export is of another version. */
  | 'other_version'
  /** The database has data already. */
  | 'database_not_empty'
  /** Another import into the database is running, or was begun with another export. */
  | 'other_import'
  /** The rows in the database differ from the exported ones. */
  | 'copy_differs'
