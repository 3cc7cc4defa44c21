/**
 * Live events for one project with one EventSource per browser.
 *
 * Tabs elect a leader over a BroadcastChannel: the leader holds the connection and passes each event on. A leader that
 * closes says so; one that crashes is missed after three silent beats. Events carry ids only. A connection begins with
 * "ready": from there on nothing is missed, and what happened before is asked for again. Without EventSource, or while
 * it fails, each tab polls.
 */

export type LiveType = 'ready' | 'worklist' | 'review' | 'learning' | 'import' | 'export' | 'reading' | 'job';
export const LIVE_TYPES: readonly LiveType[] = ['ready', 'worklist', 'review', 'learning', 'import', 'export', 'reading', 'job'];

export interface LiveEvent {
  type: LiveType;
  id: number | null;
}

export type LiveStatus = 'connecting' | 'live' | 'polling';

export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface Source {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  onerror: ((event: Event) => void) | null;
  close(): void;
}

export interface LiveOptions {
  tabId: string;
  openChannel: () => Channel | null;
  openSource: () => Source | null;
  onEvent: (event: LiveEvent) => void;
  onStatus: (status: LiveStatus) => void;
  /** Called on each poll while no connection stands. */
  onPoll: () => void;
}

type Message =
  | { kind: 'beat'; from: string; status: LiveStatus }
  | { kind: 'event'; event: LiveEvent }
  | { kind: 'bye'; from: string }
  | { kind: 'hello'; from: string };

export const BEAT_MS = 2000;
export const SILENCE_MS = 3 * BEAT_MS;
export const POLL_MS = 10_000;
/** The server ends each connection after a minute and the browser opens the next: no reason to say anything. */
export const GRACE_MS = 5000;
const ELECTION_MS = 300;

export function parseEvent(text: string): LiveEvent | null {
  try {
    const data = JSON.parse(text) as { type?: unknown; id?: unknown };
    const type = LIVE_TYPES.find((known) => known === data.type);
    return type ? { type, id: typeof data.id === 'number' ? data.id : null } : null;
  } catch {
    return null;
  }
}

export class LiveHub {
  private readonly channel: Channel | null;
  private source: Source | null = null;
  private leading = false;
  private status: LiveStatus = 'connecting';
  private lastBeat = 0;
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private election: ReturnType<typeof setTimeout> | null = null;
  private grace: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  constructor(private readonly options: LiveOptions) {
    this.channel = options.openChannel();
    if (this.channel) this.channel.onmessage = (event) => this.receive(event.data as Message);
    this.election = setTimeout(() => this.lead(), this.channel ? ELECTION_MS : 0);
    this.send({ kind: 'hello', from: options.tabId });
    this.timers.push(setInterval(() => this.beat(), BEAT_MS));
    this.timers.push(setInterval(() => this.poll(), POLL_MS));
  }

  get isLeader(): boolean {
    return this.leading;
  }

  stop(): void {
    this.stopped = true;
    this.timers.forEach(clearInterval);
    if (this.election) clearTimeout(this.election);
    this.endGrace();
    if (this.leading) this.send({ kind: 'bye', from: this.options.tabId });
    this.source?.close();
    if (this.channel) {
      this.channel.onmessage = null;
      this.channel.close();
    }
  }

  private send(message: Message): void {
    this.channel?.postMessage(message);
  }

  private setStatus(status: LiveStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.options.onStatus(status);
    if (this.leading) this.send({ kind: 'beat', from: this.options.tabId, status });
  }

  private lead(): void {
    if (this.stopped || this.leading) return;
    this.leading = true;
    this.connect();
    this.send({ kind: 'beat', from: this.options.tabId, status: this.status });
  }

  private follow(): void {
    this.leading = false;
    this.endGrace();
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    const source = this.options.openSource();
    this.source = source;
    if (!source) {
      this.setStatus('polling');
      return;
    }
    // The browser reconnects by itself; if that takes long, the pages poll.
    source.onerror = () => {
      this.grace ??= setTimeout(() => this.setStatus('polling'), GRACE_MS);
    };
    source.onmessage = (message: MessageEvent<string>) => this.passOn(parseEvent(message.data));
  }

  private endGrace(): void {
    if (this.grace) clearTimeout(this.grace);
    this.grace = null;
  }

  private passOn(event: LiveEvent | null): void {
    if (!event) return;
    if (event.type === 'ready') {
      this.endGrace();
      this.setStatus('live');
    }
    this.options.onEvent(event);
    this.send({ kind: 'event', event });
  }

  private beat(): void {
    if (this.leading) this.send({ kind: 'beat', from: this.options.tabId, status: this.status });
    else if (this.lastBeat > 0 && Date.now() - this.lastBeat > SILENCE_MS) this.lead();
  }

  private poll(): void {
    if (this.status !== 'live') this.options.onPoll();
  }

  private receive(message: Message): void {
    if (this.stopped) return;
    if (message.kind === 'event') this.options.onEvent(message.event);
    else if (message.kind === 'beat') this.heardBeat(message.from, message.status);
    else if (message.kind === 'bye') this.lead();
    else if (this.leading) this.send({ kind: 'beat', from: this.options.tabId, status: this.status });
  }

  private heardBeat(from: string, status: LiveStatus): void {
    if (this.leading) {
      // Two leaders: the smaller id stays, and says so at once.
      if (from < this.options.tabId) this.follow();
      else {
        this.send({ kind: 'beat', from: this.options.tabId, status: this.status });
        return;
      }
    }
    if (this.election) clearTimeout(this.election);
    this.election = null;
    this.lastBeat = Date.now();
    this.setStatus(status);
  }
}
