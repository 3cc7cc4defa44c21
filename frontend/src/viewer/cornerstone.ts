/** Start of Cornerstone3D, and what the rest of `viewer/` asks of it: series metadata, images, volumes, values. */
import {
  cache,
  init as initCore,
  RenderingEngine,
  volumeLoader,
  type Types,
} from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import type { Stack, Triple } from '@/api/readingTypes';
import { indexIJK, type IndexIJK } from '@/domain/coordinates';

export class ViewerError extends Error {
  constructor(
    /** `webgl`, `metadata` or `frames`: a key of the catalogue. */
    readonly code: 'webgl' | 'metadata' | 'frames',
    detail: string,
  ) {
    super(detail);
    this.name = 'ViewerError';
  }
}

let engine: RenderingEngine | null = null;

function hasWebGl2(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

/** Starts Cornerstone once. Throws ViewerError `webgl` where the browser cannot draw. */
export function startEngine(): RenderingEngine {
  if (engine) return engine;
  if (!hasWebGl2()) throw new ViewerError('webgl', 'this browser gives no WebGL2 context');
  initCore();
  initLoader({ maxWebWorkers: Math.max(1, Math.min(4, Math.floor((navigator.hardwareConcurrency || 2) / 2))) });
  engine = new RenderingEngine('medreview');
  return engine;
}

type DicomJson = Record<string, { Value?: unknown[] }>;

const described = new Map<string, Promise<void>>();

/** Registers what the frames of a stack look like; Cornerstone needs it before the first frame. */
export function describeStack(stack: Stack): Promise<void> {
  const known = described.get(stack.metadata_url);
  const ready = known ?? fetchMetadata(stack.metadata_url);
  described.set(stack.metadata_url, ready);
  ready.catch(() => described.delete(stack.metadata_url));
  return ready.then(() => undefined).then(() => registerFrames(stack));
}

const instances = new Map<string, DicomJson>();

async function fetchMetadata(url: string): Promise<void> {
  const response = await fetch(url, { credentials: 'same-origin', headers: { Accept: 'application/dicom+json' } });
  if (!response.ok) throw new ViewerError('metadata', `${url} answered ${response.status}`);
  for (const instance of (await response.json()) as DicomJson[]) {
    const uid = instance['00080018']?.Value?.[0];
    if (typeof uid === 'string') instances.set(uid, instance);
  }
}

function registerFrames(stack: Stack): void {
  for (const imageId of stack.image_ids) {
    const uid = /\/instances\/([^/]+)\/frames\//.exec(imageId)?.[1] ?? '';
    const instance = instances.get(uid);
    if (!instance) throw new ViewerError('metadata', `the metadata of the series lacks instance ${uid}`);
    wadors.metaDataManager.add(imageId, instance as Parameters<typeof wadors.metaDataManager.add>[1]);
  }
}

const volumeIdOf = (stack: Stack): string => `cornerstoneStreamingImageVolume:${stack.series_uid}:${stack.id}`;

/** The whole stack as one volume. Its images should be here already (`arrive`): it would ask for all of them at once. */
export async function openVolume(stack: Stack): Promise<string> {
  const volumeId = volumeIdOf(stack);
  const volume = await volumeLoader.createAndCacheVolume(volumeId, { imageIds: stack.image_ids });
  (volume as { load?: () => void }).load?.();
  return volumeId;
}

const text = (instance: DicomJson | undefined, tag: string): string => {
  const value = instance?.[tag]?.Value?.[0];
  return typeof value === 'string' ? value.trim() : '';
};

const PET_UNITS: Readonly<Record<string, string>> = { BQML: 'Bq/ml', GML: 'g/ml', CNTS: 'counts' };
const MAX_UNIT_LENGTH = 16;

/** "HU" only where the rescale gives HU; else what the header calls its values, or "raw". */
export function valueUnit(stack: Stack): string {
  if (stack.rescale_is_hu) return 'HU';
  const uid = /\/instances\/([^/]+)\/frames\//.exec(stack.image_ids[0] ?? '')?.[1] ?? '';
  const instance = instances.get(uid);
  const [units, rescaled] = [text(instance, '00541001'), text(instance, '00281054')];
  const named = PET_UNITS[units] || units || (['US', 'HU'].includes(rescaled.toUpperCase()) ? '' : rescaled);
  return named.slice(0, MAX_UNIT_LENGTH) || 'raw';
}

type Sampler = (index: IndexIJK) => number | null;

/** Reads modality values (HU, SUV, …; the mean of the channels for colour); null while a slice is not loaded. */
export function valueSampler(stack: Stack): Sampler {
  const [, rows, columns] = stack.shape_zyx;
  const slices = new Map<number, ArrayLike<number> | null>();
  const sliceOf = (k: number) => {
    let data = slices.get(k);
    if (data === undefined) slices.set(k, (data = scalarsOf(stack, k)));
    return data;
  };
  return ([i, j, k]) => {
    const data = sliceOf(k);
    if (!data) return null;
    const channels = Math.max(1, Math.round(data.length / (rows * columns)));
    const at = (j * columns + i) * channels;
    if (channels === 1) return data[at] ?? null;
    return ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 3;
  };
}

function scalarsOf(stack: Stack, k: number): ArrayLike<number> | null {
  const imageId = stack.image_ids[k];
  const image = imageId ? cache.getImage(imageId) : undefined;
  return (image?.voxelManager?.getScalarData() as ArrayLike<number> | undefined) ?? null;
}

/** Modality values of a box (origin and shape zyx), NaN where a slice is not loaded. */
export function readBlock(stack: Stack, origin: Triple, shape: Triple): Float32Array {
  const values = new Float32Array(shape[0] * shape[1] * shape[2]).fill(NaN);
  const sample = valueSampler(stack);
  let at = 0;
  for (let z = 0; z < shape[0]; z += 1) {
    for (let y = 0; y < shape[1]; y += 1) {
      for (let x = 0; x < shape[2]; x += 1, at += 1) values[at] = sample(indexIJK(origin[2] + x, origin[1] + y, origin[0] + z)) ?? NaN;
    }
  }
  return values;
}

/** Frees images and volumes; call when a case is left. */
export function forgetImages(): void {
  cache.purgeCache();
}

export type StackViewport = Types.IStackViewport;
export type VolumeViewport = Types.IVolumeViewport;
