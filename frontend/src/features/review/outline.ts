/**
 * The boundary of a pixel mask as an SVG path that follows pixel edges.
 *
 * Coordinates are pixel corners: x to the right, y down, pixel (row r, column c) covers [c, c+1] × [r, r+1]. Inner holes run
 * the other way round than outer boundaries, so the path fills correctly by either fill rule.
 */

type Corner = number;

/** Directed edges with the mask on the right-hand side: corner → the corners reached from it. */
function boundaryEdges(mask: Uint8Array, rows: number, columns: number): Map<Corner, Corner[]> {
  const edges = new Map<Corner, Corner[]>();
  const width = columns + 1;
  const isSet = (row: number, column: number): boolean =>
    row >= 0 && row < rows && column >= 0 && column < columns && mask[row * columns + column] === 1;
  const add = (from: Corner, to: Corner): void => {
    const known = edges.get(from);
    if (known === undefined) edges.set(from, [to]);
    else known.push(to);
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (mask[row * columns + column] !== 1) continue;
      const topLeft = row * width + column;
      const bottomLeft = topLeft + width;
      if (!isSet(row - 1, column)) add(topLeft, topLeft + 1);
      if (!isSet(row, column + 1)) add(topLeft + 1, bottomLeft + 1);
      if (!isSet(row + 1, column)) add(bottomLeft + 1, bottomLeft);
      if (!isSet(row, column - 1)) add(bottomLeft, topLeft);
    }
  }
  return edges;
}

function takeEdge(edges: Map<Corner, Corner[]>, from: Corner): Corner | undefined {
  const targets = edges.get(from);
  const to = targets?.pop();
  if (targets?.length === 0) edges.delete(from);
  return to;
}

/** Follows edges from `start` back to it and keeps only the corners where the direction changes. */
function takeLoop(edges: Map<Corner, Corner[]>, start: Corner): Corner[] {
  const corners: Corner[] = [start];
  let current = start;
  let direction = 0;
  for (;;) {
    const next = takeEdge(edges, current);
    if (next === undefined) return corners;
    if (next - current === direction) corners[corners.length - 1] = next;
    else corners.push(next);
    direction = next - current;
    current = next;
    if (current === start) return corners;
  }
}

/** Closed loops of (x, y) corners around the set pixels of `mask` (rows × columns, C order). Empty mask: no loop. */
export function maskLoops(mask: Uint8Array, rows: number, columns: number): [number, number][][] {
  const edges = boundaryEdges(mask, rows, columns);
  const width = columns + 1;
  const loops: [number, number][][] = [];
  for (;;) {
    const first = edges.keys().next();
    if (first.done === true) return loops;
    const corners = takeLoop(edges, first.value);
    loops.push(corners.map((corner) => [corner % width, Math.floor(corner / width)]));
  }
}

export function loopsPath(loops: readonly (readonly [number, number][])[]): string {
  return loops.map((loop) => `M${loop.map(([x, y]) => `${String(x)} ${String(y)}`).join('L')}Z`).join('');
}

export function maskPath(mask: Uint8Array, rows: number, columns: number): string {
  return loopsPath(maskLoops(mask, rows, columns));
}
