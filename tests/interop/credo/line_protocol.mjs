// Commands come in and answers and events go out as one JSON object a line.
// Standard output belongs to this protocol alone; whatever Credo logs goes to standard error.
import { createInterface } from 'node:readline'

/** Writes one event, such as `{"event":"message","text":"hello"}`. */
export function emit(event, fields = {}) {
  write({ event, ...fields })
}

/**
 * Serves `handlers[command.do](command)` until standard input ends, each command as soon as it
 * comes: a slow `send` does not hold up a `dropSocket`. Answers carry the `id` of their command.
 */
export function serve(handlers, onEnd) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => answer(handlers, JSON.parse(line)))
  lines.on('close', onEnd)
}

async function answer(handlers, command) {
  try {
    const handler = handlers[command.do]
    if (!handler) throw new Error(`unknown command ${command.do}`)
    write({ id: command.id, result: (await handler(command)) ?? null })
  } catch (error) {
    write({ id: command.id, error: error?.message ?? String(error) })
  }
}

function write(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
