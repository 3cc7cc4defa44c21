// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { matches } from '@/ui/hotkeys';
import { DECISION_KEYS, DECISION_ORDER, decisionBlocked, isReasonComplete, stepFinding, type DecisionKind } from '@/features/review/decisions';

const key = (code: string, held: KeyboardEventInit = {}): KeyboardEvent => new KeyboardEvent('keydown', { code, key: code, ...held });

function decisionForKey(event: KeyboardEvent): DecisionKind | null {
  return Object.entries(DECISION_KEYS).find(([combo]) => matches(combo, event))?.[1] ?? null;
}

const open = { readingState: 'submitted', isOwnReading: false, allowsSelfReview: false, isBusy: false };

describe('decision bar', () => {
  it('keeps its order', () => {
    expect(DECISION_ORDER).toEqual(['reject', 'return', 'edit', 'approve']);
  });

  it('refuses a decision on one own reading unless the project allows it', () => {
    expect(decisionBlocked({ ...open, isOwnReading: true })).toBe('own_reading');
    expect(decisionBlocked({ ...open, isOwnReading: true, allowsSelfReview: true })).toBeNull();
  });

  it.each([
    ['submitted', null],
    ['in_progress', 'in_progress'],
    ['returned', 'in_progress'],
    ['approved', 'already_decided'],
    ['rejected', 'already_decided'],
    ['superseded', 'already_decided'],
  ])('in state %s answers %s', (readingState, expected) => {
    expect(decisionBlocked({ ...open, readingState })).toBe(expected);
  });

  it('takes one decision at a time', () => {
    expect(decisionBlocked({ ...open, isBusy: true })).toBe('busy');
  });
});

describe('reasons', () => {
  it('need at least one, and words for "other"', () => {
    expect(isReasonComplete([], 'some words')).toBe(false);
    expect(isReasonComplete(['bad_outline'], '')).toBe(true);
    expect(isReasonComplete(['other'], '  ')).toBe(false);
    expect(isReasonComplete(['other'], 'left side is cut')).toBe(true);
  });
});

describe('keys', () => {
  it('ask for the decision written on the button', () => {
    expect(decisionForKey(key('KeyX', { shiftKey: true }))).toBe('reject');
    expect(decisionForKey(key('KeyR', { shiftKey: true }))).toBe('return');
    expect(decisionForKey(key('KeyE', { shiftKey: true }))).toBe('edit');
    expect(decisionForKey(key('Enter', { ctrlKey: true }))).toBe('approve');
    expect(decisionForKey(key('Enter', { metaKey: true }))).toBe('approve');
  });

  it('never decide on a letter alone, nor on the browser’s own shortcuts', () => {
    expect(decisionForKey(key('KeyX'))).toBeNull();
    expect(decisionForKey(key('Enter'))).toBeNull();
    expect(decisionForKey(key('KeyR', { ctrlKey: true, shiftKey: true }))).toBeNull();
    expect(decisionForKey(key('KeyE', { altKey: true, shiftKey: true }))).toBeNull();
  });
});

describe('next and previous finding', () => {
  it('stop at the ends', () => {
    expect([stepFinding(0, 3, 1), stepFinding(2, 3, 1), stepFinding(0, 3, -1), stepFinding(-1, 3, 1), stepFinding(0, 0, 1)]).toEqual([1, 2, 0, 0, -1]);
  });
});
