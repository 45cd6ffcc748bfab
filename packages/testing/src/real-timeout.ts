import { Socket } from 'node:net'

/**
 * Calls back after a real time, also where a test has replaced the timers of its process. The timer of
 * a socket is Node's own, which fake timers do not reach. It does not keep the process alive.
 *
 * @returns a function that cancels the call.
 */
export function afterRealTime(ms: number, callback: () => void): () => void {
  const socket = new Socket()
  socket.setTimeout(ms, () => {
    socket.destroy()
    callback()
  })
  return () => socket.destroy()
}
