/** getStats → what the browser reports once a second. Pure but for asking. */

import type { Report } from '../wire/types';

export type Counts = Required<
  Pick<Report, 'sent' | 'received' | 'frames' | 'lost_permille' | 'rtt_ms' | 'kbps_out'>
>;

export const NOTHING: Counts = { sent: 0, received: 0, frames: 0, lost_permille: 0, rtt_ms: 0, kbps_out: 0 };

/** The entries of the W3C webrtc-stats that are read here. */
interface Entry {
  type: string;
  packetsSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  responsesReceived?: number;
  framesDecoded?: number;
  fractionLost?: number;
  roundTripTime?: number;
  availableOutgoingBitrate?: number;
  nominated?: boolean;
}

/** What has come over one connection, and whether it stands. */
export interface Arrived {
  /** RTP packets, and those that were missed. */
  packets: number;
  lost: number;
  /** Answers to our own probes of the way (STUN consent): they come also where no media flows. */
  answers: number;
}

const bounded = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)));

/** Sums one connection's entries. Loss is what the far end said of our sending, the worst of audio and video. */
export function count(entries: Iterable<Entry>): Counts {
  const counts = { ...NOTHING };
  for (const entry of entries) {
    switch (entry.type) {
      case 'outbound-rtp':
        counts.sent += entry.packetsSent ?? 0;
        break;
      case 'inbound-rtp':
        counts.received += entry.packetsReceived ?? 0;
        counts.frames += entry.framesDecoded ?? 0;
        break;
      case 'remote-inbound-rtp':
        counts.lost_permille = Math.max(
          counts.lost_permille,
          bounded((entry.fractionLost ?? 0) * 1000, 1000),
        );
        counts.rtt_ms = Math.max(counts.rtt_ms, bounded((entry.roundTripTime ?? 0) * 1000, 60_000));
        break;
      case 'candidate-pair':
        if (entry.nominated) {
          counts.kbps_out = Math.max(
            counts.kbps_out,
            bounded((entry.availableOutgoingBitrate ?? 0) / 1000, 1_000_000),
          );
        }
        break;
    }
  }
  return counts;
}

export function arrived(entries: Iterable<Entry>): Arrived {
  const seen = { packets: 0, lost: 0, answers: 0 };
  for (const entry of entries) {
    if (entry.type === 'inbound-rtp') {
      seen.packets += entry.packetsReceived ?? 0;
      seen.lost += entry.packetsLost ?? 0;
    } else if (entry.type === 'candidate-pair') seen.answers += entry.responsesReceived ?? 0;
  }
  return seen;
}

/** Several connections of one page: counters add up, of the rest the worst. */
export function together(a: Counts, b: Counts): Counts {
  const sums = { sent: a.sent + b.sent, received: a.received + b.received, frames: a.frames + b.frames };
  const lost_permille = Math.max(a.lost_permille, b.lost_permille);
  const kbps = [a.kbps_out, b.kbps_out].filter((value) => value > 0);
  return {
    ...sums,
    lost_permille,
    rtt_ms: Math.max(a.rtt_ms, b.rtt_ms),
    kbps_out: kbps.length > 0 ? Math.min(...kbps) : 0,
  };
}
