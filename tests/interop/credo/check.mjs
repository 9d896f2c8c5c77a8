// Fails unless everything that the wallets need can be loaded.
import { askar } from '@openwallet-foundation/askar-nodejs'
import '@credo-ts/askar'
import '@credo-ts/didcomm'
import '@credo-ts/node'

console.log(`askar ${askar.version()}`)
