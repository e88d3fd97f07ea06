/** Bytes ↔ frames: MessagePack, the subprotocol `lesson.v1.msgpack`. */

import { decode, encode } from '@msgpack/msgpack';
import type { ClientFrame, ServerFrame } from './types';

export const SUBPROTOCOL = 'lesson.v1.msgpack';

export function toBytes(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode(frame, { ignoreUndefined: true }));
}

/** The server is trusted for the shape; a frame without a type is not ours. */
export function fromBytes(bytes: ArrayBuffer): ServerFrame {
  const frame = decode(new Uint8Array(bytes)) as ServerFrame;
  if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string')
    throw new Error('not a frame');
  return frame;
}
