/** Whether UDP gets through to our own media relay (B4): a leg as a lesson's, but in none, over which nothing is sent. */

import type { Udp } from './check';
import type { LinePorts } from './line_check';

/** A leg is open within half a second; its packets are sent again after one and two seconds, and then once more. */
export const REACH_MS = 6_000;

export interface Reached {
  udp: Udp;
  /** Where the relay is, as "203.0.113.7, port 40000": what a filter has to let through. */
  relayAt: readonly string[];
}

export async function reachRelay(ports: LinePorts, stop: AbortSignal): Promise<Reached> {
  const connection = ports.connection({ bundlePolicy: 'max-bundle' });
  try {
    connection.addTransceiver('audio', { direction: 'sendonly' });
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    const answer = await ports.fetch('/api/connection-test/leg', {
      method: 'POST',
      body: JSON.stringify({ sdp: offer.sdp ?? '' }),
      headers: { 'content-type': 'application/json' },
      signal: stop,
    });
    if (!answer.ok) return { udp: 'unknown', relayAt: [] };
    const { sdp } = (await answer.json()) as { sdp: string };
    const open = opens(connection, ports, stop);
    await connection.setRemoteDescription({ type: 'answer', sdp });
    return { udp: (await open) ? 'works' : 'blocked', relayAt: addressesIn(sdp) };
  } catch (error) {
    // A browser that will not, or a server that has no time: nothing was found out of the way.
    console.info('relay', error);
    return { udp: 'unknown', relayAt: [] };
  } finally {
    connection.close();
  }
}

/** ICE and DTLS both: a filter may let the first packet through and none after it. */
function opens(connection: RTCPeerConnection, ports: LinePorts, stop: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const left = () => done(false);
    const done = (open: boolean) => {
      cancel();
      stop.removeEventListener('abort', left);
      resolve(open);
    };
    const cancel = ports.later(REACH_MS, left);
    stop.addEventListener('abort', left);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'connected') done(true);
      if (connection.connectionState === 'failed') done(false);
    };
  });
}

function addressesIn(sdp: string): string[] {
  const found = sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) /gim);
  return [...new Set([...found].map(([, address, port]) => `${address}, port ${port}`))];
}
