// What tests/browser/gallery.py measures on a drawn state. Every finding is a sentence; an empty list is good.
(() => {
  const TARGETS = 'button, a[href], input, textarea, select, summary';
  const seen = (element) => element.getClientRects().length > 0 && !element.closest('.unseen, .skip');
  const box = (element) => {
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    return { left, top, right, bottom, width, height };
  };
  // For ears only.
  const hidden = (element) => element !== null && getComputedStyle(element).clipPath !== 'none';
  const name = (element) => (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  function sideways() {
    return [document.documentElement, document.querySelector('.room'), document.querySelector('.messages')]
      .filter((element) => element !== null && element.scrollWidth > element.clientWidth)
      .map((element) => `${element.className || 'the page'} is ${element.scrollWidth} wide in ${element.clientWidth}`);
  }

  // In a sentence a link is as high as its line (WCAG 2.5.8); the notice's row is 28 high by section 5.
  function small() {
    return all(TARGETS).flatMap((element) => {
      if (element.matches('.info') || element.closest('p, summary') || element.matches('td a, li a')) return [];
      const need = element.closest('.controls, .ending, .status, .lower') ? 48 : 44;
      const { width, height } = box(element);
      const found = Math.round(Math.min(width, height));
      return found < need ? [`${name(element)}: ${Math.round(width)}×${Math.round(height)}, not ${need}`] : [];
    });
  }

  // By hit test, so that whatever catches a finger counts, wherever its box is.
  function nearEnd(clear) {
    const end = document.querySelector('#ending button');
    if (end === null) return [];
    const { left, top, right, bottom } = box(end);
    const found = new Set();
    const within = clear - 1;
    for (let y = top - within; y <= bottom + within; y += 5) {
      for (let x = left - within; x <= right + within; x += 5) {
        const dx = Math.max(left - x, 0, x - right);
        const dy = Math.max(top - y, 0, y - bottom);
        if (Math.hypot(dx, dy) > within) continue;
        const hit = document.elementFromPoint(x, y)?.closest(TARGETS);
        if (hit && hit !== end) found.add(`${name(hit)} is within ${clear} px of End`);
      }
    }
    return [...found];
  }

  // Nothing lies over a picture but one's own, and that not over its middle, where the face is.
  function overPicture() {
    return all('.tile .frame > video').flatMap((video) => {
      const frame = box(video);
      const found = new Set();
      for (let row = 1; row < 12; row++) {
        for (let column = 1; column < 12; column++) {
          const x = frame.left + (frame.width * column) / 12;
          const y = frame.top + (frame.height * row) / 12;
          if (y >= innerHeight || y < 0) continue;
          const hit = document.elementFromPoint(x, y);
          if (hit === null || hit === video || hit.closest('.absent')) continue;
          if (!hit.closest('.own')) found.add(`${hit.className || hit.tagName} lies over the picture`);
          else if (row <= 6 && column >= 5 && column <= 7) found.add('own picture lies over the middle');
        }
      }
      return [...found];
    });
  }

  // A sentence has 16 px at least; only the notice on a phone has less, for its one line of 28 px.
  function tiny() {
    return all('p, li, dd, .headline, .second, .absent, .hint, .promise, .text, .state, h1, h2, h3')
      .filter((element) => !hidden(element) && Number.parseFloat(getComputedStyle(element).fontSize) < 16)
      .filter((element) => !element.closest('.title[data-long="true"]'))
      .map((element) => `"${name(element)}" is smaller than 16 px`);
  }

  function cut() {
    const found = [];
    const status = document.querySelector('.status');
    const over = document.querySelector('.room[data-over="true"]') !== null;
    const scrolls = document.querySelector('.room[data-panel="true"]') !== null;
    if (status !== null) {
      const outer = box(status);
      for (const line of status.querySelectorAll('.headline, .second, .button')) {
        if (!seen(line) || scrolls) continue;
        const inner = box(line);
        if (inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1) found.push(`status cuts "${name(line)}"`);
      }
      const bar = document.querySelector('.room > .bar');
      if (bar !== null && seen(bar) && !over && outer.top < box(bar).bottom - 1) found.push('status lies under the header');
    }
    for (const element of all('.button, .control, .title h1, .who, .notice')) {
      // The notice's ⓘ catches a finger 8 px beyond itself.
      const spare = element.matches('.notice') ? 8 : 1;
      if (hidden(element.closest('.title'))) continue;
      if (element.scrollWidth > element.clientWidth + spare && getComputedStyle(element).display !== 'inline') {
        found.push(`"${name(element)}" is wider than its place`);
      }
    }
    const title = document.querySelector('.room > .title');
    if (title !== null && !hidden(title) && box(title).height > box(document.querySelector('.room > .bar')).height) {
      found.push('the title is higher than the header');
    }
    return found;
  }

  function places() {
    const round = (selector) => {
      const element = document.querySelector(selector);
      if (element === null || !seen(element)) return null;
      const { left, top, right, bottom } = box(element);
      return [left, top, right, bottom].map(Math.round);
    };
    return {
      end: round('#ending button'),
      controls: round('.room > .controls'),
      notice: round('.room > .notice'),
      status: round('.room > .status'),
    };
  }

  function words() {
    const status = document.querySelector('.status');
    const text = (selector) => (status?.querySelector(selector)?.textContent ?? '').trim();
    return { state: status?.dataset.state ?? '', headline: text('.headline'), second: text('.second') };
  }

  window.measureAll = async (whats) => {
    const found = {};
    for (const what of whats) {
      await window.draw(what);
      found[what] = {
        sideways: sideways(),
        small: small(),
        nearEnd: nearEnd(32),
        overPicture: overPicture(),
        cut: cut(),
        tiny: tiny(),
        places: places(),
        words: words(),
        headings: document.querySelectorAll('h1').length,
        primaries: all('.button.primary').filter((button) => !button.closest('.panel, dialog')).length,
        title: document.title,
      };
    }
    return found;
  };

  /** What axe finds on what is drawn now. */
  window.ask = async (only) => {
    const { violations } = await axe.run(document, { runOnly: only, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
  };

  /** What is wrong with the size and the edges of what is drawn now, a dialog included. */
  window.faultsNow = () => {
    const dialog = document.querySelector('dialog[open]');
    const within = (element) => dialog.contains(element);
    const { left, right } = box(dialog);
    const out = all('dialog[open] *').filter((element) => box(element).right > right + 1 || box(element).left < left - 1);
    const low = all(TARGETS)
      .filter((element) => within(element) && box(element).height < 44)
      .map((element) => `${name(element)} is ${Math.round(box(element).height)} high`);
    const { top, bottom } = box(dialog);
    const away = top < 0 || bottom > innerHeight + 1 ? ['the dialog is not all on the screen'] : [];
    return [...sideways(), ...tiny(), ...low, ...away, ...out.map((element) => `${name(element)} is cut`)];
  };

  window.axeAll = async (whats, only) => {
    const found = [];
    for (const what of whats) {
      await window.draw(what);
      for (const violation of await window.ask(only)) found.push(`${what}: ${violation}`);
    }
    return found;
  };
})();
