/** Settings of a PostgreSQL for one test run. They are fast, and lose data in a power cut. */
export const throwAway = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '500',
  shared_buffers: '128MB',
  autovacuum: 'off',
}
