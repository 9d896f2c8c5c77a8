// Builds an unmodified Credo agent the way Bifold does: nothing here but documented options.
import '@openwallet-foundation/askar-nodejs'
import { askar } from '@openwallet-foundation/askar-nodejs'
import { AskarModule } from '@credo-ts/askar'
import { Agent, ConsoleLogger, LogLevel } from '@credo-ts/core'
import {
  DidCommHttpOutboundTransport,
  DidCommModule,
  DidCommWsOutboundTransport,
} from '@credo-ts/didcomm'
import { agentDependencies, DidCommHttpInboundTransport } from '@credo-ts/node'

// A raw store key spares the key derivation, which would take longer than most tests.
const STORE_KEY = '3Hx4MWxVYvA3WPb9pZSrPWvpvhDSaK3VVBvH4dLD4hcM'

/**
 * Options: `storage` (SQLite path), `label`, `transports` (outbound, in order: "http", "ws"),
 * `inboundPort` (an HTTP endpoint of its own instead of a mediator), `invitationUrl`, `strategy`,
 * `pollingInterval` (ms), `peerNumAlgo` (1, 2 or 4), `didSovPrefix`, `mediator` (module options), `autoAccept` (connection requests).
 */
export function buildAgent(options) {
  const webSockets = new DidCommWsOutboundTransport()
  const outbound = { http: new DidCommHttpOutboundTransport(), ws: webSockets }
  const didcomm = new DidCommModule({
    ...ownEndpoint(options),
    transports: {
      inbound: options.inbound ?? ownInbound(options),
      outbound: (options.transports ?? ['http', 'ws']).map((name) => outbound[name]),
    },
    useDidSovPrefixWhereAllowed: options.didSovPrefix ?? false,
    connections: { autoAcceptConnections: options.autoAccept ?? false, ...numAlgo(options) },
    mediationRecipient: mediationRecipient(options),
    mediator: options.mediator ?? false,
    credentials: false,
    proofs: false,
  })
  const agent = new Agent({
    config: { logger: new StderrLogger(process.env.CREDO_LOG === 'debug' ? LogLevel.debug : LogLevel.warn) },
    dependencies: agentDependencies,
    modules: { askar: askarModule(options.storage), didcomm },
  })
  return { agent, webSockets }
}

function askarModule(path) {
  const database = { type: 'sqlite', config: { path } }
  return new AskarModule({ askar, store: { id: 'wallet', key: STORE_KEY, keyDerivationMethod: 'raw', database } })
}

function ownEndpoint({ endpoints, inboundPort }) {
  if (endpoints) return { endpoints }
  return inboundPort ? { endpoints: [`http://127.0.0.1:${inboundPort}`] } : {}
}

function ownInbound({ inboundPort }) {
  return inboundPort ? [new DidCommHttpInboundTransport({ port: inboundPort })] : []
}

function numAlgo({ peerNumAlgo }) {
  return peerNumAlgo === undefined ? {} : { peerNumAlgoForDidExchangeRequests: peerNumAlgo }
}

function mediationRecipient({ invitationUrl, strategy, pollingInterval }) {
  return {
    mediatorInvitationUrl: invitationUrl,
    mediatorPickupStrategy: strategy,
    mediatorPollingInterval: pollingInterval,
  }
}

/** Standard output carries the line protocol, so every level is written to standard error. */
class StderrLogger extends ConsoleLogger {
  constructor(level) {
    super(level)
    for (const name of ['test', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']) {
      this[name] = (message, data) => this.isEnabled(LogLevel[name]) && writeLog(name, message, data)
    }
  }
}

function writeLog(level, message, data) {
  const error = data?.error
  const detail = error ? ` ${error.stack ?? error.message ?? error}` : ''
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${detail}\n`)
}
