// Gives this process an address of its own on the loopback network (127.0.0.0/8), so that a proxy
// can tell one wallet's connections from another's. Credo itself is not touched: only the address
// that the operating system would have picked is named.
import net from 'node:net'

/** Makes every TCP connection that is opened from now on come from `address`. */
export function connectFrom(address) {
  const connect = net.Socket.prototype.connect
  net.Socket.prototype.connect = function (...args) {
    const options = Array.isArray(args[0]) ? args[0][0] : args[0]
    if (options && typeof options === 'object' && options.port) options.localAddress ??= address
    return connect.apply(this, args)
  }
}
