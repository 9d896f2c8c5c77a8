// What the tests may see of a wallet: application messages, and which envelope arrived, was
// acknowledged and was processed, so that a loss can be laid at the right door. An envelope is known by
// its authentication tag.
import { DidCommBasicMessageEventTypes, DidCommConnectionEventTypes, DidCommEventTypes } from '@credo-ts/didcomm'
import { emit } from './line_protocol.mjs'

const DELIVERY = 'https://didcomm.org/messagepickup/2.0/delivery'
const ACKNOWLEDGEMENT = 'https://didcomm.org/messagepickup/2.0/messages-received'

/** Reports everything of note that `agent` does, from before it is initialised. */
export function keepJournal(agent) {
  agent.events.on(DidCommBasicMessageEventTypes.DidCommBasicMessageStateChanged, basicMessage)
  agent.events.on(DidCommEventTypes.DidCommMessageReceived, messageArrived)
  agent.events.on(DidCommEventTypes.DidCommMessageSent, messageSent)
  agent.events.on(DidCommEventTypes.DidCommMessageProcessed, messageProcessed)
  agent.events.on(DidCommConnectionEventTypes.DidCommConnectionStateChanged, connectionChanged)
  agent.events.on('DidCommOutboundWebSocketOpenedEvent', () => emit('socket', { state: 'open' }))
  agent.events.on('DidCommOutboundWebSocketClosedEvent', () => emit('socket', { state: 'closed' }))
}

function basicMessage({ payload: { message, basicMessageRecord } }) {
  if (basicMessageRecord.role !== 'receiver') return
  emit('message', { text: message.content, messageId: message.id, connectionId: basicMessageRecord.connectionId })
}

function messageArrived({ payload: { message } }) {
  emit('arrived', { tag: message?.tag })
}

function messageSent({ payload: { message: context, status } }) {
  if (context.message.type !== ACKNOWLEDGEMENT) return
  const attachments = context.inboundMessageContext?.message?.appendedAttachments ?? []
  const tags = attachments.map((attachment) => attachment.getDataAsJson().tag)
  emit('acknowledged', { ids: context.message.messageIdList, tags, status })
}

function messageProcessed({ payload: { message, encryptedMessage } }) {
  const attached = message.type === DELIVERY ? message.appendedAttachments.map((each) => each.getDataAsJson().tag) : undefined
  emit('processed', { tag: encryptedMessage?.tag, type: message.type, attached })
}

function connectionChanged({ payload: { connectionRecord } }) {
  const { id, state, outOfBandId, did, theirDid, protocol } = connectionRecord
  emit('connection', { connectionId: id, state, outOfBandId, did, theirDid, protocol })
}
