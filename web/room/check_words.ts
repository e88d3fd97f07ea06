/** What a row of the device check says, its figures, and the report for a school's technician. Pure. */

import { type LineFacts, NEEDED_KBPS, ROWS, type RowName, type Rows } from '../media/check';
import { CHECK, fill } from '../words';

const words = CHECK.connection;

/** One decimal: 1.9 and 2.1 differ, 24.31 and 24.32 do not. */
const mbps = (kbps: number | null) =>
  kbps === null ? words.not_known : fill(words.mbps, { n: (kbps / 1_000).toFixed(1) });

export function linesOf(facts: LineFacts): [string, string][] {
  const udps = { works: words.works, blocked: words.blocked_word, unknown: words.not_known };
  const ways = { udp: words.works, tcp: words.works_slower, none: words.blocked_word };
  const socket = facts.socket === null ? words.not_known : facts.socket ? words.works : words.blocked_word;
  return [
    [words.down, mbps(facts.downKbps)],
    [words.up, mbps(facts.upKbps)],
    [
      words.round_trip,
      facts.rttMs === null ? words.not_known : fill(words.ms, { n: Math.round(facts.rttMs) }),
    ],
    [words.socket, socket],
    ...(facts.udp === 'absent' ? [] : [[words.udp, udps[facts.udp]] as [string, string]]),
    ...(facts.way === 'absent' ? [] : [[words.way, ways[facts.way]] as [string, string]]),
  ];
}

export function wordsOf(row: RowName, state: string): string {
  if (state === 'unchecked') return CHECK.unchecked;
  if (state === 'checking') return CHECK.checking;
  if (state === 'asking') return CHECK.speaker.asks;
  return (CHECK[row] as Record<string, string>)[state] ?? CHECK.unchecked;
}

/** No names, no lesson, no ids: what a technician needs to open a filter. */
export function reportOf(facts: LineFacts, rows: Rows, origin: string, browser: string, at: Date): string {
  const socket = origin.replace(/^http/, 'ws');
  return [
    `Device check, ${at.toISOString()}`,
    `Service: ${origin}`,
    `Browser: ${browser}`,
    '',
    ...ROWS.map((row) => `${CHECK.rows[row]}: ${wordsOf(row, rows[row])}`),
    '',
    ...linesOf(facts).map(([what, value]) => `${what}: ${value}`),
    '',
    'What lessons need:',
    `- HTTPS to ${origin}`,
    `- WebSockets to ${socket}/ws and ${socket}/ws/connection-test`,
    '- UDP for picture and sound, to any address (WebRTC)',
    ...facts.relayAt.map((at) => `- at least UDP to ${at}`),
    `- ${NEEDED_KBPS / 1_000} Mbps each way`,
    '',
  ].join('\n');
}
