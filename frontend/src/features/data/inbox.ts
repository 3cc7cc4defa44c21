/** The inbox without its markup: pure, tested beside. */
import type { InboxStudy } from '@/api/types';

/** The server lists no more studies than this. */
const MAX_STUDIES = 500;
const HEAD = 14;
const TAIL = 12;

export function isCut(studies: readonly InboxStudy[]): boolean {
  return studies.length >= MAX_STUDIES;
}

/** The ends tell UIDs apart: the root names the maker, the last numbers the study. */
export function shortUid(uid: string): string {
  return uid.length <= HEAD + TAIL + 1 ? uid : `${uid.slice(0, HEAD)}…${uid.slice(-TAIL)}`;
}

/** What is ticked and still there, in the table's order: a study may have gone while it was chosen. */
export function tickedOf(chosen: readonly string[], studies: readonly InboxStudy[]): string[] {
  return studies.map((study) => study.study_instance_uid).filter((uid) => chosen.includes(uid));
}

/** "CT1, CT2 " as ['CT1', 'CT2']. */
export function listOf(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}
