/** Where one's own picture stands; for this page only. */

import { signal } from '@preact/signals';

export const ownPlace = signal({ hidden: false, left: false });
