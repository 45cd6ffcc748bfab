import type { Event } from '@hedgepayments/contract'
import { type List, request } from './client.ts'

/** The newest 100 events. */
export async function listEvents(signal?: AbortSignal): Promise<Event[]> {
  return (await request<List<Event>>('GET', '/v1/events?limit=100', { signal })).data
}
