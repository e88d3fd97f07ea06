/** Which browser this is: only to tell where its permission for camera and microphone is. Nothing else depends on it. */

export type BrowserName =
  | 'chrome'
  | 'chrome_phone'
  | 'edge'
  | 'firefox'
  | 'safari'
  | 'safari_phone'
  | 'ios_app'
  | 'other';

/** What a browser says of itself: `userAgentData` where there is one, else the old string. */
export interface SaysOfItself {
  userAgent: string;
  maxTouchPoints?: number;
  userAgentData?: { brands: readonly { brand: string }[]; mobile: boolean };
}

export function browserName(navigator: SaysOfItself): BrowserName {
  const { userAgent: text, userAgentData: data } = navigator;
  if (data !== undefined) {
    const is = (brand: string) => data.brands.some((one) => one.brand === brand);
    if (is('Microsoft Edge')) return 'edge';
    if (is('Google Chrome') || is('Chromium')) return data.mobile ? 'chrome_phone' : 'chrome';
    return 'other';
  }
  if (/CriOS|FxiOS|EdgiOS/.test(text)) return 'ios_app';
  if (/Edg/.test(text)) return 'edge';
  if (/Firefox/.test(text)) return 'firefox';
  if (/Chrome/.test(text)) return /Android/.test(text) ? 'chrome_phone' : 'chrome';
  if (!/Safari/.test(text)) return 'other';
  // An iPad asks for desktop pages by the name of a Mac; no Mac has a touch screen.
  const touch = /iPhone|iPad/.test(text) || (navigator.maxTouchPoints ?? 0) > 1;
  return touch ? 'safari_phone' : 'safari';
}
