/** The two live regions of the page (index.html): everything that is spoken goes through here, once. */

/** A region is emptied after this, so that the same words can be spoken again, and nobody finds old ones. */
const CLEAR_MS = 5_000;

export function announce(text: string, assertive = false): void {
  const region = document.getElementById(assertive ? 'assertive' : 'polite');
  if (region === null || text === '') return;
  const line = document.createElement('p');
  line.textContent = text;
  region.append(line);
  setTimeout(() => line.remove(), CLEAR_MS);
}
