// Credo's own mediator, for comparison: a test that fails here too shows what the wallets, not the
// mediator, do. It answers the same health check and invitation requests as `restante mediator`.
import { buildAgent } from './agent.mjs'
import { DidCommHttpInboundTransport, DidCommWsInboundTransport } from '@credo-ts/node'
import express from 'express'
import { WebSocketServer } from 'ws'

const [port, publicPort, storage] = [Number(process.argv[2]), process.argv[3], process.argv[4]]
// Implicit pickup needs DirectDelivery, live mode this one: Credo's mediator cannot serve both.
const forwarding = process.env.CREDO_FORWARDING ?? 'QueueAndLiveModeDelivery'
const app = express()
const socketServer = new WebSocketServer({ noServer: true })
const inbound = new DidCommHttpInboundTransport({ app, port })
const { agent } = buildAgent({
  storage,
  endpoints: [`http://127.0.0.1:${publicPort}`, `ws://127.0.0.1:${publicPort}`],
  inbound: [inbound, new DidCommWsInboundTransport({ server: socketServer })],
  transports: ['http', 'ws'],
  autoAccept: true,
  mediator: { autoAcceptMediationRequests: true, messageForwardingStrategy: forwarding },
})

process.on('unhandledRejection', (error) => process.stderr.write(`rejected: ${error?.message}\n`))
await agent.initialize()
inbound.server.on('upgrade', (request, socket, head) => {
  socketServer.handleUpgrade(request, socket, head, (ws) => socketServer.emit('connection', ws, request))
})
const { outOfBandInvitation } = await agent.didcomm.oob.createInvitation({ multiUseInvitation: true })
const url = outOfBandInvitation.toUrl({ domain: `http://127.0.0.1:${publicPort}/` })
app.get('/invitation', (_request, response) => {
  response.json({ invitation: outOfBandInvitation.toJSON(), invitation_url: url })
})
app.get('/health/ready', (_request, response) => response.status(200).end())
