import { afterEach, describe, expect, it } from 'vitest';
import { isOutdated, noteServed, setOwnEntry } from './upgrade';

afterEach(() => {
  setOwnEntry('/assets/index-old1.js');
  noteServed('index-old1.js');
  setOwnEntry('');
});

describe('upgrade', () => {
  it('is noticed by the name of the entry script that the server serves', () => {
    setOwnEntry('/assets/index-old1.js');
    noteServed('index-old1.js');
    expect(isOutdated()).toBe(false);
    noteServed(null);
    expect(isOutdated()).toBe(false);
    noteServed('index-new2.js');
    expect(isOutdated()).toBe(true);
  });

  it('is not looked for while developing', () => {
    setOwnEntry('/src/main.tsx');
    noteServed('index-new2.js');
    expect(isOutdated()).toBe(false);
  });
});
