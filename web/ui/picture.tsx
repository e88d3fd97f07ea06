/** Pictures: the other side's, whole and never cut; one's own, small and mirrored. */

import { useEffect, useRef } from 'preact/hooks';
import { soundFrom, speaker } from './speaker';

interface PictureProps {
  tracks: readonly MediaStreamTrack[];
  label: string;
  muted: boolean;
  /** Counts taps on *Turn sound on*: each tries to play again. */
  tries?: number;
  onBlocked?: (blocked: boolean) => void;
}

export function Picture({ tracks, label, muted, tries = 0, onBlocked }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const key = tracks.map((track) => track.id).join(' ');
  useEffect(() => {
    if (!muted && video.current !== null) void soundFrom(video.current);
  }, [key, muted, speaker.value]);
  // The tracks' ids are what counts, not the array.
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = tracks.length > 0 ? new MediaStream([...tracks]) : null;
    if (tracks.length === 0) return;
    element
      .play()
      .then(() => onBlocked?.(false))
      .catch((error: unknown) => {
        // Only *not allowed* waits for a tap; an interrupted play is followed by the next one.
        if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked?.(true);
      });
  }, [key, tries]);
  return <video ref={video} aria-label={label} muted={muted} autoplay playsInline disablePictureInPicture />;
}
