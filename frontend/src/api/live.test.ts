import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BEAT_MS, GRACE_MS, LiveHub, parseEvent, POLL_MS, SILENCE_MS, type Channel, type LiveEvent, type LiveStatus, type Source } from './live';

/** A BroadcastChannel for the tabs of one test: everybody hears everybody but themselves. */
class Air {
  private readonly members = new Set<Channel>();

  join(): Channel {
    const members = this.members;
    const channel: Channel = {
      onmessage: null,
      postMessage(message) {
        for (const other of [...members]) if (other !== channel) other.onmessage?.({ data: structuredClone(message) } as MessageEvent);
      },
      close() {
        members.delete(channel);
      },
    };
    members.add(channel);
    return channel;
  }
}

class FakeSource implements Source {
  onmessage: Source['onmessage'] = null;
  onerror: Source['onerror'] = null;
  closed = false;
  close(): void {
    this.closed = true;
  }
  say(data: string): void {
    this.onmessage?.({ data } as MessageEvent<string>);
  }
}

interface Tab {
  hub: LiveHub;
  sources: FakeSource[];
  events: LiveEvent[];
  status: LiveStatus[];
  polls: () => number;
}

function openTab(air: Air | null, tabId: string): Tab {
  const sources: FakeSource[] = [];
  const events: LiveEvent[] = [];
  const status: LiveStatus[] = [];
  let polls = 0;
  const hub = new LiveHub({
    tabId,
    openChannel: () => air?.join() ?? null,
    openSource: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    onEvent: (event) => events.push(event),
    onStatus: (next) => status.push(next),
    onPoll: () => (polls += 1),
  });
  return { hub, sources, events, status, polls: () => polls };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('one connection per browser', () => {
  it('lets the first tab lead and passes its events to the second', () => {
    const air = new Air();
    const first = openTab(air, 'a');
    vi.advanceTimersByTime(1000);
    const second = openTab(air, 'b');
    vi.advanceTimersByTime(1000);
    expect(first.sources).toHaveLength(1);
    expect(second.sources).toHaveLength(0);
    first.sources[0]?.say('{"type":"ready"}');
    first.sources[0]?.say('{"type":"worklist","id":4}');
    const heard = [{ type: 'ready', id: null }, { type: 'worklist', id: 4 }];
    expect(second.events).toEqual(heard);
    expect(first.events).toEqual(heard);
    expect(second.status).toContain('live');
  });

  it('hands over at once when the leader closes', () => {
    const air = new Air();
    const first = openTab(air, 'a');
    vi.advanceTimersByTime(1000);
    const second = openTab(air, 'b');
    vi.advanceTimersByTime(1000);
    first.hub.stop();
    expect(first.sources[0]?.closed).toBe(true);
    expect(second.hub.isLeader).toBe(true);
  });

  it('notices a leader that went silent', () => {
    const air = new Air();
    const beats = air.join();
    const tab = openTab(air, 'b');
    beats.postMessage({ kind: 'beat', from: 'a', status: 'live' });
    vi.advanceTimersByTime(SILENCE_MS - BEAT_MS);
    expect(tab.hub.isLeader).toBe(false);
    vi.advanceTimersByTime(3 * BEAT_MS);
    expect(tab.hub.isLeader).toBe(true);
  });

  it('ends with one leader when two tabs opened in the same moment', () => {
    const air = new Air();
    const one = openTab(air, 'a');
    const two = openTab(air, 'b');
    vi.advanceTimersByTime(2 * BEAT_MS);
    expect([one, two].filter((tab) => tab.hub.isLeader)).toHaveLength(1);
    const open = [...one.sources, ...two.sources].filter((source) => !source.closed);
    expect(open).toHaveLength(1);
  });
});

describe('polling', () => {
  it('polls while the connection fails and stops when it stands', () => {
    const tab = openTab(null, 'a');
    vi.advanceTimersByTime(0);
    tab.sources[0]?.onerror?.(new Event('error'));
    vi.advanceTimersByTime(2 * POLL_MS);
    const polled = tab.polls();
    expect(polled).toBe(2);
    tab.sources[0]?.say('{"type":"ready"}');
    vi.advanceTimersByTime(3 * POLL_MS);
    expect(tab.polls()).toBe(polled);
    expect(tab.status).toEqual(['polling', 'live']);
  });

  it('says nothing of a connection that comes back at once, and asks again for what was missed meanwhile', () => {
    const tab = openTab(null, 'a');
    vi.advanceTimersByTime(0);
    tab.sources[0]?.say('{"type":"ready"}');
    tab.sources[0]?.onerror?.(new Event('error'));
    vi.advanceTimersByTime(GRACE_MS - 1000);
    tab.sources[0]?.say('{"type":"ready"}');
    vi.advanceTimersByTime(3 * POLL_MS);
    expect(tab.status).toEqual(['live']);
    expect(tab.polls()).toBe(0);
    expect(tab.events).toEqual([{ type: 'ready', id: null }, { type: 'ready', id: null }]);
  });

  it('does nothing more after it was stopped', () => {
    const tab = openTab(null, 'a');
    tab.hub.stop();
    vi.advanceTimersByTime(5 * POLL_MS);
    expect(tab.sources).toHaveLength(0);
    expect(tab.polls()).toBe(0);
  });
});

it('reads only events of a known type', () => {
  expect(parseEvent('{"type":"reading","id":3}')).toEqual({ type: 'reading', id: 3 });
  expect(parseEvent('{"type":"learning"}')).toEqual({ type: 'learning', id: null });
  expect(parseEvent('{"type":"gossip","id":3}')).toBeNull();
  expect(parseEvent('not json')).toBeNull();
});
