import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewOperation } from '@/api/readingTypes';
import { Journal, type SaveState } from '@/editor/journal';
import { MemoryShelf } from '@/editor/shelf';
import { FakeClock, FakeServer, type Fault } from './fakeServer';

const operation = (name: string, kind: 'set_tag' | 'set_form' = 'set_tag'): NewOperation =>
  (kind === 'set_tag'
    ? { op_id: name, kind, payload: { label_key: 'q', value: name } }
    : { op_id: name, kind, payload: { field: 'q', value: name } }) as NewOperation;

function setUp(faults: Fault[] = [], server = new FakeServer(() => faults.shift() ?? 'none'), shelf = new MemoryShelf()) {
  const clock = new FakeClock();
  const states: SaveState[] = [];
  const journal = new Journal({ transport: server, shelf, clock, seq: server.seq, onState: (state) => states.push(state) });
  return { server, shelf, clock, journal, states, last: () => states.at(-1) };
}
const names = (server: FakeServer) => server.stored.map(({ op_id: opId }) => opId);

describe('the journal client', () => {
  it('sends within a second, several strokes together, and says when it was saved', async () => {
    const { server, clock, journal, last, shelf } = setUp();
    journal.enqueue(operation('a'));
    journal.enqueue(operation('b'));
    expect(last()).toEqual({ kind: 'saving', count: 2 });
    expect(await shelf.load()).toHaveLength(2);
    await clock.pass(900);
    expect(server.posts).toBe(1);
    expect(names(server)).toEqual(['a', 'b']);
    expect(last()).toEqual({ kind: 'saved', at: '2026-11-18T10:42:07Z' });
    expect(await shelf.load()).toEqual([]);
  });

  it('stores each operation once when the answer is lost', async () => {
    const { server, clock, journal, last } = setUp(['lost_answer']);
    journal.enqueue(operation('a'));
    await clock.pass(400);
    expect(last()).toMatchObject({ kind: 'offline', count: 1 });
    await clock.pass(3000);
    expect(names(server)).toEqual(['a']);
    expect(last()).toMatchObject({ kind: 'saved' });
  });

  it('recognises its own operations in a 412 when newer ones were added to the lost batch', async () => {
    const { server, clock, journal, last } = setUp(['lost_answer']);
    journal.enqueue(operation('a'));
    await clock.pass(400);
    journal.enqueue(operation('b'));
    await clock.pass(3000);
    expect(names(server)).toEqual(['a', 'b']);
    expect(journal.seq).toBe(2);
    expect(last()).toMatchObject({ kind: 'saved' });
  });

  it('keeps working offline and catches up', async () => {
    const { server, clock, journal, last, shelf } = setUp(['lost_request', 'lost_request', 'lost_request']);
    for (const name of ['a', 'b', 'c']) {
      journal.enqueue(operation(name));
      await clock.pass(500);
    }
    expect(last()).toMatchObject({ kind: 'offline', count: 3 });
    expect(await shelf.load()).toHaveLength(3);
    await clock.pass(10_000);
    expect(names(server)).toEqual(['a', 'b', 'c']);
    expect(last()).toMatchObject({ kind: 'saved' });
  });

  it('waits for a busy server and for signing in again', async () => {
    const { server, clock, journal, last } = setUp(['busy', 'signed_out']);
    journal.enqueue(operation('a'));
    await clock.pass(500);
    expect(last()).toMatchObject({ kind: 'unsaved', count: 1 });
    await clock.pass(5000);
    expect(names(server)).toEqual(['a']);
  });

  it('stops when somebody else wrote, and then does as told', async () => {
    for (const choice of ['keep_both', 'take_theirs'] as const) {
      const { server, clock, journal, last, shelf } = setUp();
      server.write(operation('theirs'));
      journal.enqueue(operation('mine'));
      await clock.pass(5000);
      expect(last()).toMatchObject({ kind: 'elsewhere', count: 1, seq: 1 });
      expect(names(server)).toEqual(['theirs']);
      await journal.settle(choice);
      await clock.pass(1000);
      expect(names(server)).toEqual(choice === 'keep_both' ? ['theirs', 'mine'] : ['theirs']);
      expect(shelf.aside.map(({ op_id: opId }) => opId)).toEqual(choice === 'keep_both' ? [] : ['mine']);
      expect(last()).toMatchObject({ kind: 'saved' });
    }
  });

  it('says what the server refuses and keeps it until the reader has seen it', async () => {
    const { clock, journal, last, shelf } = setUp();
    journal.enqueue(operation('bad', 'set_form'));
    await clock.pass(20_000);
    expect(last()).toMatchObject({ kind: 'refused', code: 'invalid', count: 1 });
    await journal.dropRefused();
    expect(last()).toMatchObject({ kind: 'saved' });
    expect(shelf.aside).toHaveLength(1);
  });

  it('says that it is signed out, keeps everything, and sends it after signing in again', async () => {
    const { server, clock, journal, last, shelf } = setUp(['signed_out', 'signed_out']);
    journal.enqueue(operation('a'));
    await clock.pass(500);
    expect(last()).toEqual({ kind: 'signed_out', count: 1 });
    expect(await shelf.load()).toHaveLength(1);
    await clock.pass(10_000);
    expect(names(server)).toEqual(['a']);
    expect(last()).toMatchObject({ kind: 'saved' });
  });

  it('sends what a crashed page left on the shelf', async () => {
    const left = new MemoryShelf([operation('a'), operation('b')]);
    const server = new FakeServer();
    server.write(operation('a'));
    const { clock, journal } = setUp([], server, left);
    journal.resume([operation('b')]);
    await clock.pass(100);
    expect(names(server)).toEqual(['a', 'b']);
  });

  it('loses and doubles nothing, whatever the network does', async () => {
    const fault = fc.constantFrom<Fault>('none', 'none', 'lost_request', 'lost_answer', 'busy', 'signed_out');
    const script = fc.array(fc.record({ pause: fc.nat(1500), fault }), { minLength: 1, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { server, clock, journal, last, shelf } = setUp(steps.map((step) => step.fault));
        for (const [n, step] of steps.entries()) {
          journal.enqueue(operation(`op${n}`));
          await clock.pass(step.pause);
        }
        await clock.pass(200_000);
        expect(names(server)).toEqual(steps.map((_, n) => `op${n}`));
        expect(last()).toMatchObject({ kind: 'saved' });
        expect(await shelf.load()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
