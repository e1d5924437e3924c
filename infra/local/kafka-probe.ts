import { connect } from 'node:net';
import type { Probe } from './health.ts';

const METADATA = 3;
const METADATA_VERSION = 6;

/**
 * Healthy when the broker is registered with its controller: only then does a Metadata answer list it. A bound socket
 * alone comes seconds earlier. Speaks the two messages itself, because a Kafka client would wait and retry on its own.
 */
export function kafkaProbe(port: number): Probe {
  return async (signal) => {
    const brokers = parseBrokerPorts(await exchange(port, metadataRequest(), signal));
    if (!brokers.includes(port)) throw new Error(`broker ${port} is not registered yet`);
  };
}

/** Metadata v6 for no topic at all: [size][header: key, version, correlation, client id][topics][auto creation]. */
export function metadataRequest(): Buffer {
  const client = Buffer.from('health');
  const body = Buffer.alloc(8 + 2 + client.length + 4 + 1);
  body.writeInt16BE(METADATA, 0);
  body.writeInt16BE(METADATA_VERSION, 2);
  body.writeInt32BE(1, 4);
  body.writeInt16BE(client.length, 8);
  client.copy(body, 10);
  // An empty topic array (null would be all of them), and no auto creation: both are zeros.
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** Ports of the brokers in a Metadata v6 answer (without its size field). */
export function parseBrokerPorts(answer: Buffer): number[] {
  let at = 4 + 4;
  const count = answer.readInt32BE(at);
  at += 4;
  const ports: number[] = [];
  for (let i = 0; i < count; i++) {
    at += 4;
    at += 2 + answer.readInt16BE(at);
    ports.push(answer.readInt32BE(at));
    at += 4;
    at += 2 + Math.max(0, answer.readInt16BE(at));
  }
  return ports;
}

async function exchange(port: number, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', signal });
    socket.once('connect', () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the broker closed the connection')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received.subarray(4));
      socket.destroy();
    });
  });
}
