/** The timeline as a list in words. */

import { timeOfDay } from '../room/clock';
import { type Names, type Row, timelineWords } from '../room/timeline';

interface Props {
  rows: readonly Row[];
  names: Names;
  zone: string;
}

export function Timeline({ rows, names, zone }: Props) {
  const lines = rows.flatMap((row) => {
    const words = timelineWords(row, names);
    return words === null ? [] : [{ row, words }];
  });
  if (lines.length === 0) return <p>Nothing has happened yet.</p>;
  return (
    <ul class="lines">
      {lines.map(({ row, words }, i) => (
        <li key={i}>
          <time dateTime={new Date(row.at).toISOString()}>{timeOfDay(row.at, zone)}</time>
          <span>{words}</span>
        </li>
      ))}
    </ul>
  );
}
