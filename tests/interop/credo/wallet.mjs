// An unmodified Credo wallet (or, with `inboundPort`, a sender with an endpoint of its own), driven
// over standard input and output. See line_protocol.mjs for the framing and journal.mjs for events.
import { buildAgent } from './agent.mjs'
import { keepJournal } from './journal.mjs'
import { emit, serve } from './line_protocol.mjs'
import { connectFrom } from './source_address.mjs'

let wallet

// A phone goes on after a rejected background promise, such as a poll while the mediator is away.
process.on('unhandledRejection', (error) => emit('rejection', { reason: String(error?.message ?? error) }))
process.on('uncaughtException', (error) => emit('exception', { reason: String(error?.message ?? error) }))
if (process.env.SOURCE_ADDRESS) connectFrom(process.env.SOURCE_ADDRESS)

const didcomm = () => wallet.agent.didcomm

async function start(options) {
  const invitationUrl = options.invitationUrl && offerOnly(options.invitationUrl, options.handshake)
  wallet = buildAgent({ ...options, invitationUrl })
  keepJournal(wallet.agent)
  acceptRequests(wallet.agent)
  await wallet.agent.initialize()
  const mediator = await didcomm().mediationRecipient.findDefaultMediatorConnection()
  return { mediator: mediator && { connectionId: mediator.id, did: mediator.did, protocol: mediator.protocol } }
}

/**
 * Accepts connection requests as an app does that asks its user. Credo's own automatic way awaits the
 * keylist update inside the request's handler, and while messages are handled one by one (which is the
 * default, and what keeps their order) the answer to that update waits behind it for ever.
 */
function acceptRequests(agent) {
  agent.events.on('ConnectionStateChanged', ({ payload: { connectionRecord } }) => {
    if (connectionRecord.state !== 'request-received') return
    agent.didcomm.connections
      .acceptRequest(connectionRecord.id)
      .catch((error) => emit('rejection', { reason: `accepting a request: ${error.message}` }))
  })
}

/** The invitation with nothing but the wanted handshake in it, as an older inviter would write it. */
function offerOnly(invitationUrl, handshake) {
  if (!handshake) return invitationUrl
  const url = new URL(invitationUrl)
  const invitation = JSON.parse(Buffer.from(url.searchParams.get('oob'), 'base64url'))
  const offered = invitation.handshake_protocols.filter((uri) => uri.includes(`/${handshake}`))
  if (offered.length === 0) throw new Error(`the invitation does not offer ${handshake}`)
  const narrowed = JSON.stringify({ ...invitation, handshake_protocols: offered })
  url.searchParams.set('oob', Buffer.from(narrowed).toString('base64url'))
  return url.toString()
}

async function invite({ handshake }) {
  const handshakeProtocols = handshake ? [`https://didcomm.org/${handshake}/1.x`] : undefined
  const record = await didcomm().oob.createInvitation({ handshakeProtocols, multiUseInvitation: true })
  const url = record.outOfBandInvitation.toUrl({ domain: 'http://127.0.0.1/' })
  return { url, outOfBandId: record.id, invitation: record.outOfBandInvitation.toJSON() }
}

async function accept({ url }) {
  const { connectionRecord } = await didcomm().oob.receiveInvitationFromUrl(url, { label: 'accepting' })
  const connected = await didcomm().connections.returnWhenIsConnected(connectionRecord.id, { timeoutMs: 30000 })
  return { connectionId: connected.id }
}

async function connections() {
  const records = await didcomm().connections.getAll()
  return records.map(({ id, state, outOfBandId, theirLabel }) => ({ connectionId: id, state, outOfBandId, theirLabel }))
}

async function send({ connectionId, text }) {
  await didcomm().basicMessages.sendMessage(connectionId, text)
}

async function ping({ connectionId }) {
  await didcomm().connections.sendPing(connectionId, { responseRequested: true })
}

/** Every basic message that the wallet's own store holds from others, oldest first. */
async function received() {
  const records = await didcomm().basicMessages.findAllByQuery({ role: 'receiver' })
  records.sort((a, b) => a.createdAt - b.createdAt)
  return records.map(({ content, threadId }) => ({ text: content, threadId }))
}

async function keylistAdd({ verkey }) {
  const connection = await didcomm().mediationRecipient.findDefaultMediatorConnection()
  await didcomm().mediationRecipient.notifyKeylistUpdate(connection, verkey)
}

/** Resets the TCP connection under each WebSocket: no close frame is sent. */
function dropSocket() {
  const sockets = [...wallet.webSockets.transportTable.values()]
  for (const socket of sockets) socket._socket?.resetAndDestroy()
  return { dropped: sockets.length }
}

async function initiatePickup({ strategy }) {
  await didcomm().mediationRecipient.initiateMessagePickup(undefined, strategy)
}

async function shutdown() {
  await wallet?.agent.shutdown()
  wallet = undefined
}

serve(
  {
    start,
    invite,
    accept,
    connections,
    send,
    ping,
    received,
    keylistAdd,
    dropSocket,
    initiatePickup,
    shutdown,
    stopPickup: () => didcomm().mediationRecipient.stopMessagePickup(),
  },
  () => process.exit(0),
)
