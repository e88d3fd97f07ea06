/** TURN credentials live for minutes: others are asked for when half of that is gone, so that a restart has time left. */

export interface FreshIcePorts {
  /** False where the line is down: the welcome that follows brings others. */
  ask(): boolean;
  later(ms: number, call: () => void): () => void;
}

export class FreshIce {
  #cancel: (() => void) | null = null;

  constructor(private readonly ports: FreshIcePorts) {}

  /** Credentials came that are good for so many seconds; 0: for ever. */
  given(lifeS: number): void {
    this.#cancel?.();
    this.#cancel = lifeS === 0 ? null : this.ports.later(lifeS * 500, () => this.ports.ask());
  }

  stop(): void {
    this.given(0);
  }
}
