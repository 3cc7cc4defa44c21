// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { keys } from '@/api/keys';
import type { AeRoute, Me, Project, Status } from '@/api/types';
import { startI18n } from '@/i18n';
import { InboxAside } from './InboxAside';

beforeAll(() => startI18n('en'));
beforeEach(() => vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));

const ROUTE: AeRoute = { id: 1, project_id: 1, ae_title: 'CT_STUDY', calling_ae_titles: ['CT1'], peer_addresses: [], created_at: '2026-11-18T10:00:00Z' };

function shown({ canMake = true, ports = [], routes = [] }: { canMake?: boolean; ports?: number[]; routes?: AeRoute[] }): string {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, refetchInterval: false } } });
  client.setQueryData(keys.me, { can_make_projects: canMake } as Me);
  client.setQueryData(keys.status(1), { dicom_ports: ports } as unknown as Status);
  client.setQueryData(keys.routes(1), { results: routes });
  const host = document.createElement('div');
  const root = createRoot(host);
  act(() =>
    root.render(
      <MantineProvider>
        <QueryClientProvider client={client}>
          <MemoryRouter>
            <InboxAside project={{ id: 1, name: 'Chest' } as Project} />
          </MemoryRouter>
        </QueryClientProvider>
      </MantineProvider>,
    ),
  );
  const text = host.textContent ?? '';
  act(() => root.unmount());
  client.clear();
  return text;
}

it('says who shares the inbox, and why only operators make projects where that is so', () => {
  expect(shown({})).toContain('managers of every project here see it');
  expect(shown({})).not.toContain('only the operator makes');
  expect(shown({ canMake: false })).toContain('That is why only the operator makes new projects on this server.');
});

it('tells how to start a receiver only while none runs', () => {
  expect(shown({})).toContain('medreview dimse --host 0.0.0.0 --port 11112');
  expect(shown({ ports: [11112] })).not.toContain('medreview dimse');
  expect(shown({ ports: [104, 11112] })).toContain('104, 11112');
});

it('names the titles that lead here and from whom', () => {
  expect(shown({})).toContain('any: without a route it lands here');
  expect(shown({ routes: [ROUTE] })).toContain('CT_STUDYfrom CT1');
});
