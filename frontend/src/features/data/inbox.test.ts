import { describe, expect, it } from 'vitest';
import type { InboxStudy } from '@/api/types';
import { isCut, listOf, shortUid, tickedOf } from './inbox';

const study = (uid: string): InboxStudy => ({
  study_instance_uid: uid, instances: 1, bytes: 1, modalities: ['CT'], called_ae_title: 'X', calling_ae_title: 'Y', peer_address: '10.0.0.1', first_at: '', last_at: '',
});

describe('the inbox', () => {
  it('keeps both ends of a long UID and all of a short one', () => {
    expect(shortUid('1.2.3')).toBe('1.2.3');
    expect(shortUid('1.2.826.0.1.3680043.8.498.12345678901234567890')).toBe('1.2.826.0.1.36…901234567890');
  });

  it('acts only on ticked studies that are still there, in the order of the table', () => {
    expect(tickedOf(['3', 'gone', '1'], [study('1'), study('2'), study('3')])).toEqual(['1', '3']);
  });

  it('takes lists apart as people write them', () => {
    expect(listOf(' CT1, CT 2;\n ,MR1 ')).toEqual(['CT1', 'CT 2', 'MR1']);
    expect(listOf('  ')).toEqual([]);
  });

  it('says when the server stopped listing', () => {
    expect([isCut([study('1')]), isCut(Array.from({ length: 500 }, (_, index) => study(String(index))))]).toEqual([false, true]);
  });
});
