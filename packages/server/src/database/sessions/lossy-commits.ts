/** When a session acknowledges its commits. */
interface CommitSettings {
  /** `on` unless the role, the database or the cluster has another value. */
  readonly synchronousCommit: string
  /** Empty: no standby has to have a commit before it is acknowledged. */
  readonly synchronousStandbyNames: string
}

/**
 * Why a crash of the database, or the loss of its primary, could lose acknowledged commits by the
 * setting `synchronous_commit`; null: it could not. `local` is enough without standbys.
 */
export function explainLossyCommits({
  synchronousCommit,
  synchronousStandbyNames,
}: CommitSettings): string | null {
  if (synchronousCommit === 'off') {
    return 'synchronous_commit is off for the role or the database: a crash loses acknowledged commits'
  }
  if (synchronousCommit === 'local' && synchronousStandbyNames !== '') {
    return (
      'synchronous_commit is local for the role or the database, although synchronous_standby_names ' +
      'is set: a failover loses acknowledged commits'
    )
  }
  return null
}
