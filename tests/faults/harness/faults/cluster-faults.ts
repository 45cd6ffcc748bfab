import { until } from '../../../support/until.ts'
import type { Fault } from '../round.ts'
import type { OwnCluster } from '../world/own-cluster.ts'
import type { World } from '../world/world.ts'
import { waitForFault } from './wait-for-fault.ts'

function clusterOf({ cluster }: World): OwnCluster {
  if (!cluster) throw new Error('the world has no cluster')
  return cluster
}

const killWorker: Fault = {
  name: 'kill-worker',
  needs: 'a cluster',
  async strike({ world, chance, over }) {
    const cluster = clusterOf(world)
    const worker = chance.pick(cluster.workers)
    await worker.kill()
    await waitForFault(1 / 2)
    await cluster.restart(worker)
    await over()
  },
}

/** The worker's machine is lost. Its synchronous standby takes its place. */
const failOverWorker: Fault = {
  name: 'fail-over-worker',
  needs: 'a cluster',
  async strike({ world, over }) {
    const cluster = clusterOf(world)
    await cluster.workers[0]?.kill()
    await cluster.failOver()
    await over()
  },
}

/** A worker is added, and a share of the shards moves to it. */
const rebalance: Fault = {
  name: 'rebalance',
  needs: 'a cluster',
  async strike({ world, over }) {
    const cluster = clusterOf(world)
    const added = await cluster.addWorker()
    await cluster.ask('select citus_rebalance_start()')
    await until(
      'the shards have moved',
      async () => {
        const [state] = await cluster.ask('select state::text from citus_rebalance_status()')
        if (state === 'failed')
          throw new Error(String(await cluster.ask('select message from pg_dist_background_task')))
        return state === 'finished'
      },
      { patience: 10 },
    )
    const [moved] = await cluster.ask(
      `select count(*)::integer from citus_shards where nodeport = ${added.port}
         and citus_table_type = 'distributed'`,
    )
    if (moved === 0) throw new Error('no shard has moved')
    await over()
  },
}

/** The merchant gets a shard of its own, which then moves to another worker. */
const isolateMerchant: Fault = {
  name: 'isolate-merchant',
  needs: 'a cluster',
  async strike({ world, over }) {
    const cluster = clusterOf(world)
    const [merchant] = await cluster.ask(
      `select merchant_id from webhook_endpoints where id = '${world.endpointId}'`,
    )
    // A statement of its own: beside a distributed table, the function would run on the worker.
    // Without blocking writes, Citus 13.2 creates the keys of the new shards after it has begun to record changes.
    // An update between the two never arrives: the split waits for ever.
    await cluster.ask(
      `select isolate_tenant_to_new_shard('payments', '${merchant}', 'CASCADE', 'block_writes')`,
    )
    const [shard, port] = await cluster.ask(
      `select shardid, nodeport from citus_shards
       where shardid = get_shard_id_for_distribution_column('payments', '${merchant}')`,
    )
    const [other] = await cluster.ask(
      `select nodeport from pg_dist_node where groupid > 0 and nodeport <> ${port}`,
    )
    await cluster.ask(
      `select citus_move_shard_placement(${shard}, '127.0.0.1', ${port}, '127.0.0.1', ${other})`,
    )
    await over()
  },
}

/** Faults and changes of the nodes of a cluster. */
export const clusterFaults: readonly Fault[] = [
  killWorker,
  failOverWorker,
  rebalance,
  isolateMerchant,
]
