import { expect, it } from 'vitest';
import { safeNext } from './next';

it('goes back only to addresses of this site', () => {
  expect(safeNext('/p/demo/worklist?x=1')).toBe('/p/demo/worklist?x=1');
  expect(safeNext('//evil.example')).toBe('/');
  expect(safeNext('/\\evil.example')).toBe('/');
  expect(safeNext('https://evil.example')).toBe('/');
  expect(safeNext('/sign-in?next=/')).toBe('/');
  expect(safeNext(null)).toBe('/');
});
