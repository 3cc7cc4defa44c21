import { beforeAll, describe, expect, it } from 'vitest';
import type { Job, Status } from '@/api/types';
import { i18next, startI18n } from '@/i18n';
import { adviceKey, axisUnit, middle, problemsOf, span, stateOf, targetPath, targetText, timeText, type T } from './words';

let t: T;
beforeAll(async () => {
  await startI18n('en');
  t = i18next.getFixedT('en', 'status') as unknown as T;
});

function job(parts: Partial<Job> = {}): Job {
  return {
    id: 7, kind: 'learning.train', queue: 'batch', state: 'failed', allowed_events: ['retry'], is_stopping: false, target_id: 3, target: { name: '14', size: 5 },
    attempt: 1, max_attempts: 3, progress: null, error: 'It broke.', retryable: false, ahead: 0, worker: '', heard_seconds: null, waited_seconds: 2.4, ran_seconds: 40,
    created_at: '2026-11-18T10:00:00Z', started_at: null, finished_at: null, ...parts,
  };
}

function status(parts: Partial<Status> = {}): Status {
  const queue = (name: string) => ({ name, waiting: 0, oldest_seconds: 0, running: 0, workers: 1 });
  return {
    queues: [queue('light'), queue('batch'), { ...queue('interactive'), workers: 0 }], leases: { running_oldest_seconds: 0, overdue_seconds: 0 },
    disk: { state: 'ample', free_bytes: 6e10, total_bytes: 2e11, minimum_bytes: 4e9, has_reserve: true },
    broker_reachable: true, dicom_ports: [], version: '0.1.0', database: 'sqlite', waits: [], ...parts,
  };
}

describe('a job in words', () => {
  it('is called by what it is about, and leads there', () => {
    expect([targetText(t, job()), targetPath('chest', job())]).toEqual(['Training 14', '/p/chest/learning']);
    const files = job({ kind: 'archive.ingest' });
    expect([targetText(t, files), targetPath('chest', files)]).toEqual(['Import 14', '/p/chest/data?import=3']);
    expect(targetText(t, job({ kind: 'reading.export', target: { name: 'dicom-seg', size: null } }))).toBe('Export, DICOM SEG');
  });

  it('whose target is gone leads nowhere; an unknown kind keeps its own name', () => {
    expect([targetText(t, job({ target: null })), targetPath('chest', job({ target: null }))]).toEqual(['Training, deleted since', null]);
    expect([targetText(t, job({ kind: 'new.kind' })), targetPath('chest', job({ kind: 'new.kind' }))]).toEqual(['new.kind', null]);
  });

  it('that was told to stop says so', () => {
    expect(stateOf({ state: 'running', is_stopping: true }).key).toBe('stopping');
    expect(stateOf({ state: 'running', is_stopping: false }).key).toBe('running');
  });

  it.each([
    [{ retryable: true }, 'retry'],
    [{}, 'mend'],
    [{ allowed_events: [] }, 'learning_train'],
    [{ allowed_events: [], kind: 'new.kind' }, 'other'],
    [{ state: 'queued' as const, allowed_events: ['cancel' as const] }, 'again'],
    [{ state: 'canceled' as const }, null],
    [{ error: '' }, null],
  ])('tells what to do about an error: %o', (parts, expected) => {
    expect(adviceKey(job(parts))).toBe(expected);
  });

  it('says how long it waited and ran', () => {
    expect(timeText(t, job())).toBe('ran 40 s, waited 2 s');
    expect(timeText(t, job({ state: 'queued', ran_seconds: null, waited_seconds: 200 }))).toBe('waits 3 min');
    expect(timeText(t, job({ state: 'running', ran_seconds: 9000 }))).toBe('runs 2.5 h');
    expect(timeText(t, job({ state: 'queued', waited_seconds: null, ran_seconds: null }))).toBe('');
  });

  it('rounds times down, so that it never says more than passed', () => {
    expect([0.4, 59.9, 60, 3599, 3600, 50 * 3600].map((seconds) => Object.values(span(seconds)).join(' '))).toEqual(['seconds < 1', 'seconds 59', 'minutes 1', 'minutes 59', 'hours 1', 'days 2']);
  });
});

describe('what needs a person', () => {
  it('is nothing when all runs; an idle interactive queue is no fault', () => {
    expect(problemsOf(t, status())).toEqual([]);
  });

  it('names the command that starts a missing worker, more urgently while jobs wait', () => {
    const [light, batch, interactive] = status().queues;
    if (!light || !batch || !interactive) throw new Error('three queues');
    const found = problemsOf(t, status({ queues: [{ ...light, workers: 0 }, { ...batch, workers: 0, waiting: 2 }, interactive] }));
    expect(found.map((one) => [one.key, one.tone, one.command])).toEqual([
      ['worker-batch', 'rejected', 'medreview worker --queues batch'],
      ['worker-light', 'uncertain', 'medreview worker --queues light'],
    ]);
    expect(found[0]?.text).toBe('No batch worker is running, and 2 jobs wait for one.');
  });

  it('does not say that workers are missing when the broker that knows them is away', () => {
    const queues = status().queues.map((queue) => ({ ...queue, workers: null, waiting: 1 }));
    expect(problemsOf(t, status({ broker_reachable: false, queues })).map((one) => one.key)).toEqual(['broker']);
  });

  it('says what a low disk refuses and what it does not', () => {
    const disk = { ...status().disk, state: 'low' as const, free_bytes: 1e9 };
    expect(problemsOf(t, status({ disk }))[0]?.text).toContain('Uploads are refused, labels are still saved.');
  });

  it('tells of a lease that nobody took back', () => {
    expect(problemsOf(t, status({ leases: { running_oldest_seconds: 900, overdue_seconds: 29 } }))).toEqual([]);
    expect(problemsOf(t, status({ leases: { running_oldest_seconds: 900, overdue_seconds: 95 } }))[0]?.text).toContain('1 min');
  });
});

describe('waiting times', () => {
  it('choose a unit that fits the longest', () => {
    expect([[], [2, 100], [2, 200], [20_000]].map((one) => axisUnit(one).key)).toEqual(['inSeconds', 'inSeconds', 'inMinutes', 'inHours']);
  });

  it('name a middle that was really waited', () => {
    expect([middle([]), middle([3]), middle([9, 1]), middle([5, 1, 9])]).toEqual([0, 3, 1, 5]);
  });
});
