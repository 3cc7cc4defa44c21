import { describe, expect, it } from 'vitest';
import { catalogues, NAMESPACES } from './index';

const SOURCES = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}'], { eager: true, query: '?raw', import: 'default' });
const PLURALS = ['', '_one', '_other', '_zero'];

function flatten(messages: Record<string, unknown>, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(messages)) {
    if (typeof value === 'string') flat.set(prefix + key, value);
    else for (const [inner, text] of flatten(value as Record<string, unknown>, `${prefix}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

const ENGLISH = Object.fromEntries(Object.entries(catalogues().en ?? {}).map(([namespace, messages]) => [namespace, flatten(messages)]));

function has(namespace: string, key: string): boolean {
  const flat = ENGLISH[namespace];
  return flat !== undefined && PLURALS.some((suffix) => flat.has(key + suffix));
}

/** The namespaces a file speaks; a file that is handed its `t` may speak any of them. */
function namespacesOf(source: string): readonly string[] {
  const named = [...source.matchAll(/(?:useTranslation\(\[?|TFunction<)'([a-z]+)'/g)].map(([, name = '']) => name);
  return named.length > 0 ? named : NAMESPACES;
}

/** Every literal t('key') of a file. Keys built from parts are out of reach here. */
function literalKeys(source: string): string[] {
  return [...source.matchAll(/(?<![\w.])t\(\s*'([^'$]+)'/g)].map(([, key = '']) => key);
}

function isKnown(source: string, raw: string): boolean {
  const [first = '', rest] = raw.split(':');
  return rest === undefined ? namespacesOf(source).some((namespace) => has(namespace, first)) : has(first, rest);
}

describe('the English catalogue', () => {
  it('has every namespace', () => {
    expect(Object.keys(ENGLISH).sort()).toEqual([...NAMESPACES].sort());
  });

  it('has words for every literal key in the sources', () => {
    const missing = Object.entries(SOURCES).flatMap(([path, source]) =>
      literalKeys(source)
        .filter((key) => !isKnown(source, key))
        .map((key) => `${path}: ${key}`),
    );
    expect(missing).toEqual([]);
  });

  it('finds the keys it checks', () => {
    const found = Object.values(SOURCES).flatMap(literalKeys);
    expect(found.length).toBeGreaterThan(150);
    expect(literalKeys("t('a.b'); t('common:c'); foo.t('no'); next('x')")).toEqual(['a.b', 'common:c']);
    expect(isKnown("useTranslation('data')", 'title')).toBe(true);
    expect(isKnown("useTranslation('data')", 'today.read')).toBe(false);
    expect(isKnown("useTranslation('data')", 'worklist:today.read')).toBe(true);
  });

  it('has no empty message and no exclamation mark', () => {
    for (const flat of Object.values(ENGLISH)) for (const [key, text] of flat) expect(`${key}=${text}`).toMatch(/=[^!]+$/);
  });
});
