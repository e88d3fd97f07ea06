import { expect, test } from 'vitest';
import { browserName, type SaysOfItself } from '../media/browser';
import { ALLOW } from '../words';

const brands = (mobile: boolean, ...names: string[]): SaysOfItself => ({
  userAgent: 'Mozilla/5.0 (…) Chrome/143.0.0.0 Safari/537.36',
  userAgentData: { brands: ['Not;A=Brand', ...names].map((brand) => ({ brand })), mobile },
});
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

test.each<[string, SaysOfItself]>([
  ['chrome', brands(false, 'Chromium', 'Google Chrome')],
  ['chrome', brands(false, 'Chromium')],
  ['chrome_phone', brands(true, 'Chromium', 'Google Chrome')],
  ['edge', brands(false, 'Chromium', 'Microsoft Edge')],
  ['other', brands(false, 'Something')],
  ['firefox', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }],
  ['safari', { userAgent: `${MAC} Version/26.0 Safari/605.1.15`, maxTouchPoints: 0 }],
  ['safari_phone', { userAgent: `${MAC} Version/26.0 Safari/605.1.15`, maxTouchPoints: 5 }],
  ['safari_phone', { userAgent: `${PHONE} Version/18.5 Mobile/15E148 Safari/604.1` }],
  ['ios_app', { userAgent: `${PHONE} CriOS/143.0.0.0 Mobile/15E148 Safari/604.1` }],
  ['ios_app', { userAgent: `${PHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15` }],
  [
    'chrome_phone',
    { userAgent: 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/143 Mobile Safari/537.36' },
  ],
  ['other', { userAgent: 'Something/1.0' }],
])('knows %s by what it says of itself', (name, says) => {
  expect(browserName(says)).toBe(name);
});

test('each browser has three steps, and the last one tries again', () => {
  for (const { steps } of Object.values(ALLOW)) {
    expect(steps).toHaveLength(3);
    expect(steps[2]).toContain('Try again');
    expect(steps.join(' ')).toContain('{device}');
  }
});
