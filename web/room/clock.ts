/** The server's clock as this page knows it, and times as people read them. Pure. */

/** One sight of the server's clock: its time, and the page's own monotonic time then (both ms). */
export interface Sight {
  server: number;
  local: number;
}

/** The server's time now, by the page's monotonic clock. */
export function serverNow(sight: Sight, local: number): number {
  return sight.server + Math.max(0, local - sight.local);
}

/** m:ss of what is left: rounded up, so that 0:00 means that nothing is. */
export function left(ms: number): string {
  return minutesSeconds(Math.ceil(Math.max(0, ms) / 1000));
}

/** m:ss of what has gone: rounded down. */
export function gone(ms: number): string {
  return minutesSeconds(Math.floor(Math.max(0, ms) / 1000));
}

function minutesSeconds(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** m:ss as a screen reader should say it. */
export function spokenTime(text: string): string {
  const [m = '0', s = '0'] = text.split(':');
  const parts: string[] = [];
  if (Number(m) > 0) parts.push(`${Number(m)} ${Number(m) === 1 ? 'minute' : 'minutes'}`);
  if (Number(s) > 0 || parts.length === 0)
    parts.push(`${Number(s)} ${Number(s) === 1 ? 'second' : 'seconds'}`);
  return parts.join(' ');
}

function format(at: number, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatPart[] {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).formatToParts(at);
}

function part(parts: Intl.DateTimeFormatPart[], type: string): string {
  return parts.find((p) => p.type === type)?.value ?? '';
}

/** 4:30pm, in the service's time zone. */
export function timeOfDay(at: number, zone: string): string {
  const parts = format(at, zone, { hour: 'numeric', minute: '2-digit', hourCycle: 'h23' });
  const hour = Number(part(parts, 'hour'));
  return `${hour % 12 === 0 ? 12 : hour % 12}:${part(parts, 'minute')}${hour < 12 ? 'am' : 'pm'}`;
}

/** Tuesday 4 March. */
export function dayOf(at: number, zone: string): string {
  const parts = format(at, zone, { weekday: 'long', day: 'numeric', month: 'long' });
  return `${part(parts, 'weekday')} ${part(parts, 'day')} ${part(parts, 'month')}`;
}
