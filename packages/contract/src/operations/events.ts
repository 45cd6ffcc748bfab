import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import { Event, EventListQuery, EventStreamQuery } from '../resources/events/event.ts'
import { listOf } from '../resources/list.ts'

const tag = 'Events'

export const listEvents = defineOperation({
  id: 'listEvents',
  method: 'GET',
  path: '/v1/events',
  tag,
  summary: 'List events, newest first',
  description: 'A new event never appears behind a listed one, so no page misses an event.',
  scope: 'payments:read',
  query: EventListQuery,
  responses: { 200: listOf(Event, 'EventList') },
  errors: [],
})

export const streamEvents = defineOperation({
  id: 'streamEvents',
  method: 'GET',
  path: '/v1/events/stream',
  tag,
  summary: 'Stream events as server-sent events',
  description:
    'Each message has the `id`, the `type` as its `event`, and the event as its `data`. With ' +
    '`Last-Event-ID`, the stream continues after that event and misses nothing. Without it, the ' +
    'stream begins now.',
  scope: 'payments:read',
  lastEventId: true,
  query: EventStreamQuery,
  responses: {
    200: Type.String({
      contentMediaType: 'text/event-stream',
      description: 'The stream. It ends when the client closes it.',
    }),
  },
  errors: [],
})

export const retrieveEvent = defineOperation({
  id: 'retrieveEvent',
  method: 'GET',
  path: '/v1/events/:id',
  tag,
  summary: 'Retrieve an event',
  description: 'The same object that webhooks and the stream send.',
  scope: 'payments:read',
  responses: { 200: Event },
  errors: [],
})
