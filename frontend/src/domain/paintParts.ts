/** One step of the reader as operations that the server accepts: a very large change goes as several, undone together. */
import type { NewOperation } from './draft';
import type { SliceRuns } from './runs';

/** Numbers in the runs of one operation; the server refuses more than 2,000,000, and a request of more than 64 MiB. */
export const MAX_RUN_NUMBERS = 500_000;

/** Ends the tool's name in every part after the first, so that parts are known as such after a reload too. */
const PART = '_part';

export const partTool = (tool: string): string => `${tool}${PART}`;

/** True for what undoes together with the operation before it. */
export const isPart = (operation: Pick<NewOperation, 'kind' | 'payload'>): boolean =>
  operation.kind === 'paint' && 'tool' in operation.payload && operation.payload.tool.endsWith(PART);

/** The same change in parts of at most `limit` run numbers (even). A delta may be cut anywhere between two runs. */
export function splitPaint(slices: readonly SliceRuns[], limit = MAX_RUN_NUMBERS): SliceRuns[][] {
  const parts: SliceRuns[][] = [];
  let [part, room]: [SliceRuns[], number] = [[], limit];
  for (const { k, runs } of slices) {
    for (let from = 0; from < runs.length; ) {
      if (room === 0) {
        parts.push(part);
        [part, room] = [[], limit];
      }
      const taken = runs.length - from <= room && from === 0 ? runs : runs.slice(from, from + room);
      part.push({ k, runs: taken });
      from += taken.length;
      room -= taken.length;
    }
  }
  return part.length > 0 ? [...parts, part] : parts;
}

/** How many run numbers an operation carries: what makes it large. */
export const runNumbers = (operation: NewOperation): number =>
  operation.kind === 'paint' ? operation.payload.slices.reduce((sum, { runs }) => sum + runs.length, 0) : 0;
