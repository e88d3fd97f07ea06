/** TURN credentials live for minutes: others are asked for when half of that is gone, so that a restart has time left. */

/** Of their life, in ms a second: a tenth, so that four more tries fit into the half that is left. */
const AGAIN_MS_PER_S = 100;

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
    this.#cancel = lifeS === 0 ? null : this.ports.later(lifeS * 500, () => this.#ask(lifeS));
  }

  /** Asked again while no answer comes: it may have been refused for the moment. */
  #ask(lifeS: number): void {
    this.ports.ask();
    this.#cancel = this.ports.later(lifeS * AGAIN_MS_PER_S, () => this.#ask(lifeS));
  }

  stop(): void {
    this.given(0);
  }
}
