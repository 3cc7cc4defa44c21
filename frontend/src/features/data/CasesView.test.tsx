// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router';
import { expect, it, vi } from 'vitest';
import { keys } from '@/api/keys';
import type { CaseList, Project } from '@/api/types';
import { CasesView } from './CasesView';

const LIST: CaseList = {
  results: [
    {
      id: 1, pseudonym: 'P-000001', patient: 'P-1', modality: 'CT', study_date: '20261118', description: 'Chest', series_count: 1, lane: 'learning', status: 'unread',
      warnings: [{ rule: 'geometry.gantry_tilt', text: 'Tilt 3.0°. Shown as acquired, reformats are off.', blocks_training: true }],
      excluded_reason: '', entropy: null, suggestions: null,
    },
  ],
  next: null,
  count: 1,
};

it('names the rule of a warning and says the rest on asking', () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(keys.cases(1, '', ''), { pages: [LIST], pageParams: [''] });
  const host = document.createElement('div');
  const root = createRoot(host);
  act(() =>
    root.render(
      <MantineProvider>
        <QueryClientProvider client={client}>
          <MemoryRouter>
            <CasesView project={{ id: 1 } as Project} tabs={null} />
          </MemoryRouter>
        </QueryClientProvider>
      </MantineProvider>,
    ),
  );
  expect(host.querySelector('[title^="Tilt"]')?.textContent).toBe('geometry.gantry_tilt');
  act(() => root.unmount());
});
