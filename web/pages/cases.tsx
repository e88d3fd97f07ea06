/** The safeguarding team's list: urgent and unopened first. */

import { dayOf, timeOfDay } from '../room/clock';
import { Link } from '../ui/basics';
import { type CaseRow, http } from '../wire/http';
import { zone } from './me';
import { Loaded, Site } from './site';

/** A new case shows without a reload. */
const EVERY_MS = 10_000;
export const KINDS: Record<string, string> = {
  flag: 'Flagged by the teacher',
  hook_end: 'Ended by the safety check',
  disclosure: 'Disclosure',
  ended_by_staff: 'Ended by staff',
};

export function kindWords(kind: string): string {
  return KINDS[kind] ?? 'Concern';
}

function order(a: CaseRow, b: CaseRow): number {
  if (a.urgent !== b.urgent) return a.urgent ? -1 : 1;
  if (a.opened_by_you !== b.opened_by_you) return a.opened_by_you ? 1 : -1;
  return b.opened_at - a.opened_at;
}

export function CasesPage() {
  return (
    <Loaded title="Cases" load={http.cases} every={EVERY_MS}>
      {({ cases }) => {
        const sorted = [...cases].sort(order);
        const next = sorted.find((row) => !row.opened_by_you);
        return (
          <Site title="Cases" work>
            <h1>Cases</h1>
            {next && (
              <Link to={`/cases/${next.id}`} look="primary">
                Open next case
              </Link>
            )}
            {sorted.length === 0 ? <p>No open cases.</p> : <Table rows={sorted} />}
          </Site>
        );
      }}
    </Loaded>
  );
}

function Table({ rows }: { rows: readonly CaseRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Case</th>
          <th scope="col">Kind</th>
          <th scope="col">Opened</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td data-label="Case">
              <Link to={`/cases/${row.id}`}>Case {row.number}</Link>
            </td>
            <td data-label="Kind">{kindWords(row.kind)}</td>
            <td data-label="Opened">
              {dayOf(row.opened_at, zone())}, {timeOfDay(row.opened_at, zone())}
            </td>
            <td data-label="State">
              <span class="row">
                {row.urgent && <span class="tag stop">Urgent</span>}
                {!row.opened_by_you && <span class="tag wait">Not opened by you</span>}
                {row.delivered ? (
                  <span class="tag good">Alert delivered</span>
                ) : (
                  <span class="tag wait">Alert not delivered yet</span>
                )}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
