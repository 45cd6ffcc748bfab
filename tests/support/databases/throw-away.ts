/** Settings of a PostgreSQL that does not outlive its run, so that it need not survive a power cut. */
export const throwAway = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '128MB',
  autovacuum: 'off',
}
